-- What people say of pictures, and the names that pictures came with which the gallery keeps itself.
ALTER TABLE images ADD COLUMN title TEXT;

CREATE TABLE labels (
    image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    PRIMARY KEY (image_id, label)
) WITHOUT ROWID;

CREATE INDEX labels_by_name ON labels (label, image_id);
