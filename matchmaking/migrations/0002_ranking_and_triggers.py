"""The ranking table, partitioned by run; audit rows that stay; policies that stand once a run used them."""

from django.db import migrations

RANKING = """
CREATE TABLE matchmaking_ranking (
  run_id bigint NOT NULL,
  seeker_id bigint NOT NULL,
  kind varchar(10) NOT NULL,
  rank smallint NOT NULL,
  candidate_id bigint NOT NULL,
  score double precision NOT NULL,
  affinity double precision NOT NULL,
  candidate_affinity double precision NOT NULL,
  criteria double precision[] NOT NULL,
  PRIMARY KEY (run_id, seeker_id, kind, rank)
) PARTITION BY LIST (run_id);
"""

TRIGGERS = """
CREATE FUNCTION matchmaking_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER matchmaking_curationevent_insert_only BEFORE UPDATE OR DELETE ON matchmaking_curationevent
  FOR EACH ROW EXECUTE FUNCTION matchmaking_refuse_change();

CREATE FUNCTION matchmaking_used_policy_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.used_at IS NOT NULL AND (
    NEW.rules IS DISTINCT FROM OLD.rules OR NEW.name <> OLD.name OR NEW.version <> OLD.version
    OR NEW.used_at IS NULL
  ) THEN
    RAISE EXCEPTION 'scoring policy % was used by a run and cannot change', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER matchmaking_scoringpolicy_used_stands BEFORE UPDATE ON matchmaking_scoringpolicy
  FOR EACH ROW EXECUTE FUNCTION matchmaking_used_policy_stands();
"""

UNDO_TRIGGERS = """
DROP TRIGGER matchmaking_scoringpolicy_used_stands ON matchmaking_scoringpolicy;
DROP FUNCTION matchmaking_used_policy_stands();
DROP TRIGGER matchmaking_curationevent_insert_only ON matchmaking_curationevent;
DROP FUNCTION matchmaking_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0001_initial")]

    operations = [
        # The model's state came with 0001 (it is unmanaged); this is its database side.
        migrations.RunSQL(RANKING, "DROP TABLE matchmaking_ranking"),
        migrations.RunSQL(TRIGGERS, UNDO_TRIGGERS),
    ]
