-- Items that are owed already get their clocks: of the other ones the engine
-- begins them with the action that makes the item. A commitment counts once its
-- reply was sent, a project once its plan was issued; tasks and their nodes have
-- clocks of their process. A rung of long ago is sent once, as the latest that
-- was missed.

-- +goose Up
-- +goose StatementBegin
DO $$ DECLARE t uuid; BEGIN
  FOR t IN SELECT id FROM tenants LOOP
    PERFORM set_config('app.tenant', t::text, true);
    INSERT INTO timers (id, tenant_id, created_at, matter_id, item_id, key, label, status, budget, due_on, original_due_on, next_rung_on, fired)
    SELECT gen_random_uuid(), i.tenant_id, now(), i.matter_id, i.id, i.kind,
      CASE i.kind WHEN 'COMMITMENT' THEN '承诺' WHEN 'PROBLEM' THEN '问题' WHEN 'RESOLUTION' THEN '协商成果' WHEN 'SUGGESTION' THEN '建议' WHEN 'LEAD' THEN '线索' ELSE '计划项目' END,
      'RUNNING', jsonb_build_object('key', i.kind, 'event', '约定', 'amount', 0, 'unit', 'DATE', 'fixed', to_char(i.due_on, 'YYYY-MM-DD"T00:00:00Z"')),
      i.due_on, i.due_on, i.due_on - 7, '[]'
    FROM items i JOIN matters m ON m.tenant_id = i.tenant_id AND m.id = i.matter_id LEFT JOIN replies r ON r.tenant_id = i.tenant_id AND r.id = i.reply_id
    WHERE i.tenant_id = t AND i.status = 'OPEN' AND i.due_on IS NOT NULL AND m.closed_at IS NULL AND (r.id IS NULL OR r.status = 'SENT')
      AND (i.kind IN ('COMMITMENT', 'PROBLEM', 'RESOLUTION', 'SUGGESTION', 'LEAD') OR (i.kind = 'PLAN_ITEM' AND m.state IN ('ISSUED', 'ADJUSTED')));
    UPDATE matters m SET next_due_on = least(m.next_due_on, x.due)
    FROM (SELECT matter_id, min(due_on) AS due FROM timers WHERE tenant_id = t AND item_id IS NOT NULL GROUP BY matter_id) x
    WHERE m.tenant_id = t AND m.id = x.matter_id;
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DELETE FROM timers WHERE item_id IS NOT NULL;
