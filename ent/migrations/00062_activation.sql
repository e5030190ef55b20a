-- A password belongs to the person (S2): what an administrator hands out is a
-- one-time word, with which its owner sets a password of his own and can do
-- nothing else. Until then password_hash is the word's, and activated_at empty.
-- vouched_by is the account of who handed out the word by which it was
-- activated last; nobody: the operator, who knows whom he helps.
--
-- An account whose password was never changed since somebody else set it is not
-- activated: its password becomes such a word, once and without an end. So does
-- what the previous version writes meanwhile; it takes words for passwords until
-- it is gone.

-- +goose Up
ALTER TABLE accounts ADD COLUMN activated_at timestamptz, ADD COLUMN word_until timestamptz,
  ADD COLUMN word_tries int NOT NULL DEFAULT 0, ADD COLUMN vouched_by uuid REFERENCES accounts (id);
UPDATE accounts SET activated_at = password_changed_at WHERE password_changed_at > created_at;

-- +goose Down
ALTER TABLE accounts DROP COLUMN activated_at, DROP COLUMN word_until, DROP COLUMN word_tries, DROP COLUMN vouched_by;
