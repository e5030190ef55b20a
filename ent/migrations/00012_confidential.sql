-- What may be a secret stayed readable to the offices and to the street's
-- liaison while it was decided, and after it was refused for that reason. Such a
-- matter is marked, and seen by who made it, its parties and who decides about
-- it alone. The previous version neither writes nor reads the column; what it
-- flags meanwhile is as visible as before. The owner of the tables is held to
-- the tenants too, so the policy stands aside for the one update.

-- +goose Up
ALTER TABLE matters ADD COLUMN confidential boolean NOT NULL DEFAULT false;
ALTER TABLE matters NO FORCE ROW LEVEL SECURITY;
ALTER TABLE proposals NO FORCE ROW LEVEL SECURITY;
UPDATE matters m SET confidential = true FROM proposals p
  WHERE p.tenant_id = m.tenant_id AND p.matter_id = m.id AND (p.secret_flag OR p.disposition_reason = 'SECRET');
ALTER TABLE proposals FORCE ROW LEVEL SECURITY;
ALTER TABLE matters FORCE ROW LEVEL SECURITY;

-- +goose Down
ALTER TABLE matters DROP COLUMN confidential;
