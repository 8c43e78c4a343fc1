"""What happened stays as it was written: the database refuses to change or remove it."""

from django.db import migrations

# Erasing a person removes a consent. An assessment's note may change: a person who is erased is no longer named in it.
INSERT_ONLY = """
CREATE FUNCTION alliances_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER alliances_registerevent_insert_only BEFORE UPDATE OR DELETE ON alliances_registerevent
  FOR EACH ROW EXECUTE FUNCTION alliances_refuse_change();
CREATE TRIGGER alliances_consent_no_update BEFORE UPDATE ON alliances_consent
  FOR EACH ROW EXECUTE FUNCTION alliances_refuse_change();
CREATE TRIGGER alliances_screeningdecision_insert_only BEFORE UPDATE OR DELETE ON alliances_screeningdecision
  FOR EACH ROW EXECUTE FUNCTION alliances_refuse_change();
CREATE TRIGGER alliances_assessment_insert_only BEFORE DELETE OR UPDATE OF
  id, organization_id, advantages, clarity, cooperation, correctness, decision, actor_id, at
  ON alliances_assessment FOR EACH ROW EXECUTE FUNCTION alliances_refuse_change();
"""

UNDO = """
DROP TRIGGER alliances_assessment_insert_only ON alliances_assessment;
DROP TRIGGER alliances_screeningdecision_insert_only ON alliances_screeningdecision;
DROP TRIGGER alliances_consent_no_update ON alliances_consent;
DROP TRIGGER alliances_registerevent_insert_only ON alliances_registerevent;
DROP FUNCTION alliances_refuse_change();
"""


class Migration(migrations.Migration):
    # Databases made before the first release have these; a new one knows nothing of them.
    replaces = [
        ("alliances", "0002_insert_only"),
        ("alliances", "0013_screening"),
        ("alliances", "0016_assessment"),
    ]

    dependencies = [("alliances", "0001_schema")]

    operations = [migrations.RunSQL(INSERT_ONLY, UNDO)]
