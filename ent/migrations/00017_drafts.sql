-- F1: what a member wrote and threw away before he handed his proposal in is
-- nobody else's to read. Steps of drafts are for those who bring the proposal in
-- (audience PARTIES); so are the edits of before, whose texts are kept with
-- them. The marking changes, not what a step says. handed_in keeps, while a
-- proposal is being changed, the text as it was last handed in.
--
-- The version before reads the new audience as one that it does not show.

-- +goose Up
ALTER TABLE "proposals" ADD COLUMN "handed_in" jsonb NULL;

-- +goose StatementBegin
DO $$
DECLARE t uuid;
BEGIN
	FOR t IN SELECT id FROM tenants LOOP
		PERFORM set_config('app.tenant', t::text, true);
		UPDATE steps s SET audience = 'PARTIES' FROM matters m
		WHERE m.tenant_id = s.tenant_id AND m.id = s.matter_id AND m.kind = 'proposal' AND s.assignment_id IS NULL
			AND (s.to_state IN ('DRAFT', 'COSIGNING') OR s.action = 'edit');
	END LOOP;
	PERFORM set_config('app.tenant', '', true);
END $$;
-- +goose StatementEnd
