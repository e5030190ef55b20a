-- For a few seconds after its use a refresh token answers with the same
-- successor again: two tabs that renew at once, or an answer that was lost, are
-- no theft. The successor is SHA-256(token, seed), so neither the row nor the
-- token alone gives it. The previous version leaves the seed empty, and then
-- there is no grace.

-- +goose Up
ALTER TABLE refresh_tokens ADD COLUMN seed bytea;
