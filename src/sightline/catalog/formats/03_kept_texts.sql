-- What captioners and composers said: a cache, so a row may go at any time. The key is a digest of
-- all that the text depends on.
CREATE TABLE kept_texts (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
