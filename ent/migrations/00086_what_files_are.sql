-- What there is to be careful about when a file is opened, and what a scanner
-- said of it. Files of before have been looked at by their beginning only and by
-- no scanner: where one is set they wait for it. An addition only.

-- +goose Up
ALTER TABLE "attachments" ADD COLUMN "caution" character varying NULL, ADD COLUMN "scanned_at" timestamptz NULL, ADD COLUMN "malware" text NULL;
