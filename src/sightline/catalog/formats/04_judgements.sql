-- What people say of answers to their queries. Both go when their pictures go.
CREATE TABLE questions (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    picture_id INTEGER REFERENCES images (id) ON DELETE CASCADE
);

-- NULL is equal to nothing, so it could come twice; no picture has the number 0.
CREATE UNIQUE INDEX questions_once ON questions (text, coalesce(picture_id, 0));

CREATE INDEX questions_by_picture ON questions (picture_id);

CREATE TABLE judgements (
    question_id INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
    image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    grade INTEGER NOT NULL,
    PRIMARY KEY (question_id, image_id)
) WITHOUT ROWID;

CREATE INDEX judgements_by_image ON judgements (image_id);
