-- A person joins a second committee by his own consent (S7): an administrator
-- who names a login that is in use invites its owner, and until he accepts,
-- signed in, nothing changes for him. The table belongs to persons as accounts
-- do: it is asked when no committee is chosen yet. An invitation to a login that
-- nobody has is kept like any other, so that its existence tells nothing.
--
-- The copy of memberships gets their days too: who is not in office yet, or no
-- longer, is offered nothing to enter (M20). The previous version reads and
-- writes neither; its choices are as they were.

-- +goose Up
CREATE TABLE account_invitations (
  id uuid PRIMARY KEY,
  account_id uuid REFERENCES accounts (id),  -- null: nobody has the login
  committee uuid NOT NULL REFERENCES tenants (id),
  membership_id uuid NOT NULL,
  invited_at timestamptz NOT NULL,
  answered_at timestamptz,
  accepted boolean,
  CHECK ((answered_at IS NULL) = (accepted IS NULL))
);
CREATE INDEX ON account_invitations (account_id) WHERE answered_at IS NULL;
CREATE INDEX ON account_invitations (membership_id);
GRANT SELECT, INSERT, UPDATE ON account_invitations TO bihuan_app;

ALTER TABLE account_memberships ADD COLUMN active_from date, ADD COLUMN active_to date;
CREATE FUNCTION in_force(m account_memberships, day date) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT m.active AND in_force(m.active_from, m.active_to, day) $$;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION account_memberships_copy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.account_id IS NULL THEN
    DELETE FROM account_memberships WHERE membership_id = NEW.id;
  ELSE
    INSERT INTO account_memberships VALUES (NEW.id, NEW.account_id, NEW.tenant_id, NEW.status = 'ACTIVE', NEW.active_from, NEW.active_to)
    ON CONFLICT (membership_id) DO UPDATE SET account_id = EXCLUDED.account_id, active = EXCLUDED.active,
      active_from = EXCLUDED.active_from, active_to = EXCLUDED.active_to;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
DROP TRIGGER account_memberships_copy ON memberships;
CREATE TRIGGER account_memberships_copy AFTER INSERT OR UPDATE OF account_id, status, active_from, active_to ON memberships
  FOR EACH ROW EXECUTE FUNCTION account_memberships_copy();

-- +goose StatementBegin
DO $$ DECLARE t uuid; BEGIN
  FOR t IN SELECT id FROM tenants LOOP
    PERFORM set_config('app.tenant', t::text, true);
    UPDATE account_memberships a SET active_from = m.active_from, active_to = m.active_to FROM memberships m WHERE m.id = a.membership_id;
  END LOOP;
  PERFORM set_config('app.tenant', '', true);
END $$;
-- +goose StatementEnd
