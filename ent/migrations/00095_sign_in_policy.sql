-- What a committee asks of who signs in (GB/T 22239-2019 8.1.4.1): since when a
-- second factor is asked of a person, which passwords he has had, and when he
-- entered a committee, where only his latest session counts. All of it belongs
-- to accounts, and so to no committee's chain. The version before does without.

-- +goose Up
CREATE TABLE account_duties (
  membership_id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  since timestamptz NOT NULL      -- when a second factor was first asked of him in this committee
);
CREATE TABLE password_history (
  account_id uuid NOT NULL REFERENCES accounts (id),
  hash text NOT NULL,             -- argon2id, as it stood with the account
  until timestamptz NOT NULL,     -- when another took its place
  PRIMARY KEY (account_id, hash)
);
ALTER TABLE account_sessions ADD COLUMN chosen_at timestamptz; -- null: before there was this
GRANT SELECT, INSERT, DELETE ON account_duties, password_history TO bihuan_app;

-- What is asked of people is kept with their rights in memory.
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE ON policies FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();

-- +goose Down
DROP TRIGGER rights_changed ON policies;
ALTER TABLE account_sessions DROP COLUMN chosen_at;
DROP TABLE password_history;
DROP TABLE account_duties;
