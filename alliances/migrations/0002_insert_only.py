"""Register events are never changed or removed; a consent is never changed (erasing a person removes it)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION alliances_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER alliances_registerevent_insert_only BEFORE UPDATE OR DELETE ON alliances_registerevent
  FOR EACH ROW EXECUTE FUNCTION alliances_refuse_change();
CREATE TRIGGER alliances_consent_no_update BEFORE UPDATE ON alliances_consent
  FOR EACH ROW EXECUTE FUNCTION alliances_refuse_change();
"""

BACKWARD = """
DROP TRIGGER alliances_consent_no_update ON alliances_consent;
DROP TRIGGER alliances_registerevent_insert_only ON alliances_registerevent;
DROP FUNCTION alliances_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("alliances", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
