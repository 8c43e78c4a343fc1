from django.db import migrations

from alliances.regions import stored_region


def write_alike(apps, schema_editor):
    # "Texas" and "TX" are one: rules and filters compare what is written.
    organizations = apps.get_model("alliances", "Organization").objects
    for country, region in organizations.exclude(region="").values_list("country", "region").distinct():
        stored = stored_region(country, region)
        if stored != region:
            organizations.filter(country=country, region=region).update(region=stored)


class Migration(migrations.Migration):
    dependencies = [("alliances", "0011_speed_indexes")]

    operations = [migrations.RunPython(write_alike, migrations.RunPython.noop)]
