-- Letters to a committee that turned out to be in another installation went to
-- its line of the directory; those to the real one begin with number 1 again
-- (exchange/anew.go). Each letter says of which chain it is. The previous version
-- knows one chain, which is what there is until an agreement is made anew.

-- +goose Up
ALTER TABLE exchange_heads ADD COLUMN chain int NOT NULL DEFAULT 1;  -- the one that goes on
ALTER TABLE exchange_outbox ADD COLUMN chain int NOT NULL DEFAULT 1;
ALTER TABLE exchange_inbox ADD COLUMN chain int NOT NULL DEFAULT 1;
ALTER TABLE exchange_outbox DROP CONSTRAINT exchange_outbox_tenant_id_agreement_id_seq_key, ADD UNIQUE (tenant_id, agreement_id, chain, seq);
ALTER TABLE exchange_inbox DROP CONSTRAINT exchange_inbox_tenant_id_agreement_id_seq_key, ADD UNIQUE (tenant_id, agreement_id, chain, seq);

-- +goose Down
ALTER TABLE exchange_outbox DROP COLUMN chain, ADD UNIQUE (tenant_id, agreement_id, seq);
ALTER TABLE exchange_inbox DROP COLUMN chain, ADD UNIQUE (tenant_id, agreement_id, seq);
ALTER TABLE exchange_heads DROP COLUMN chain;
