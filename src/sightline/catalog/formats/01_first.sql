CREATE TABLE models (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    preprocessing TEXT NOT NULL,
    tokenizer TEXT NOT NULL,
    precision TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    vector_count INTEGER NOT NULL DEFAULT 0, -- kept by triggers: counting takes a whole scan
    UNIQUE (name, digest, preprocessing, tokenizer, precision, dimensions)
);

-- AUTOINCREMENT: an id is never given to a second picture, so an old result list cannot lie.
CREATE TABLE images (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path NOT NULL UNIQUE,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    format TEXT NOT NULL,
    taken_at TEXT
);

CREATE INDEX images_by_content ON images (content_hash);

-- An ordinary table, not WITHOUT ROWID: a row of 1 KB would spill out of an index page. Rows lie
-- in the order they were written in, and vectors_by_change walks them in just that order.
CREATE TABLE vectors (
    image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    model_id INTEGER NOT NULL REFERENCES models (id),
    change INTEGER NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (image_id, model_id)
);

CREATE INDEX vectors_by_change ON vectors (model_id, change, image_id);

CREATE TABLE faults (
    path NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
);

CREATE TABLE folders (path NOT NULL PRIMARY KEY);

CREATE TABLE settings (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);

-- Every change number there ever was: an index whose number is not among them belongs to
-- another catalog, or to a future that a restored backup does not have.
CREATE TABLE changes (change INTEGER PRIMARY KEY);

-- Which vectors were lost at which change, so that an index learns it without comparing all ids.
-- Rows are never dropped: one takes some 20 bytes and comes of a vector that took 1 KB, and an
-- index file may be of any age.
CREATE TABLE removals (
    model_id INTEGER NOT NULL,
    change INTEGER NOT NULL,
    image_id INTEGER NOT NULL,
    PRIMARY KEY (model_id, change, image_id)
) WITHOUT ROWID;

CREATE TRIGGER count_vector AFTER INSERT ON vectors BEGIN
    UPDATE models SET vector_count = vector_count + 1 WHERE id = new.model_id;
END;

-- A trigger, since most vectors go by ON DELETE CASCADE. A batch records its change first.
CREATE TRIGGER record_removal AFTER DELETE ON vectors BEGIN
    UPDATE models SET vector_count = vector_count - 1 WHERE id = old.model_id;
    INSERT OR IGNORE INTO removals (model_id, change, image_id)
        VALUES (old.model_id, (SELECT max(change) FROM changes), old.image_id);
END;
