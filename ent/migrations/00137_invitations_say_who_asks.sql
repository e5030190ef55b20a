-- Who is invited to a second committee reads who asks, and as whom he would join;
-- an invitation ends after thirty days, can be taken back, and can be made
-- without knowing the login: by a word, of which the hash stands here. Additions
-- only; the previous version shows and answers invitations as before.

-- +goose Up
ALTER TABLE account_invitations
  ADD COLUMN by_name text NOT NULL DEFAULT '',
  ADD COLUMN as_name text NOT NULL DEFAULT '',
  ADD COLUMN as_kind text NOT NULL DEFAULT '',
  ADD COLUMN as_post text NOT NULL DEFAULT '',
  ADD COLUMN by_word boolean NOT NULL DEFAULT false,
  ADD COLUMN withdrawn_at timestamptz,
  ADD COLUMN word_hash bytea UNIQUE;

-- +goose Down
ALTER TABLE account_invitations DROP COLUMN by_name, DROP COLUMN as_name, DROP COLUMN as_kind, DROP COLUMN as_post,
  DROP COLUMN by_word, DROP COLUMN withdrawn_at, DROP COLUMN word_hash;
