-- A picture is a document of a file: the whole of it, or a page, a frame, a member of an archive, a
-- tile. What is true of the file is said once; ids of pictures, and all that hangs on them, stay.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    content_hash TEXT NOT NULL
);

INSERT INTO files SELECT id, path, size_bytes, mtime_ns, content_hash FROM images;

CREATE INDEX files_by_content ON files (content_hash);

-- SQLite cannot drop a column that is unique, so the table is made anew under its old name.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id INTEGER NOT NULL REFERENCES files (id),
    kind TEXT NOT NULL DEFAULT 'whole',
    part TEXT NOT NULL DEFAULT '',
    content_hash TEXT, -- of a part; NULL for the whole, which has that of its file
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    format TEXT NOT NULL,
    taken_at TEXT,
    title TEXT,
    UNIQUE (file_id, part)
);

INSERT INTO documents (id, file_id, width_px, height_px, format, taken_at, title)
    SELECT id, id, width_px, height_px, format, taken_at, title FROM images;

DELETE FROM sqlite_sequence WHERE name = 'documents';

INSERT INTO sqlite_sequence (name, seq)
    SELECT 'documents', seq FROM sqlite_sequence WHERE name = 'images';

DROP TABLE images;

ALTER TABLE documents RENAME TO images;

CREATE INDEX parts_by_content ON images (content_hash) WHERE content_hash IS NOT NULL;

CREATE TRIGGER forget_file AFTER DELETE ON images
    WHEN NOT EXISTS (SELECT 1 FROM images WHERE file_id = old.file_id) BEGIN
    DELETE FROM files WHERE id = old.file_id;
END;

-- Texts are numbered in the order they are kept, so that the oldest can go.
ALTER TABLE kept_texts RENAME TO texts_of_before;

CREATE TABLE kept_texts (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (kind, key)
);

INSERT INTO kept_texts (kind, key, text) SELECT kind, key, text FROM texts_of_before;

DROP TABLE texts_of_before;
