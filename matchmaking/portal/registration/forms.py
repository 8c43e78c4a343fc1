"""What the steps of a profile ask, form by form. Each saves itself by the register's service."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import F
from django.forms import formset_factory
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from alliances.enums import Kind, Ownership, Subtype
from alliances.forms import PlainTextField, ProfileForm
from alliances.importing import cells
from alliances.importing.organizations import MOST_PEOPLE
from alliances.models import Agency, AllianceDetails, FirmDetails, Organization, User
from alliances.models.details import CHARTER_LENGTH
from alliances.regions import region_name
from alliances.services.anonymity import shows_name_set
from alliances.services.details import REFERENCES, Reference, alliance_details_save, firm_details_save
from alliances.services.people import name_set
from alliances.services.registration import profile_save


class OrganizationForm(ProfileForm):
    """Names, what it is more exactly, and its description in its own words."""

    title = ""

    class Meta(ProfileForm.Meta):
        fields = ("name_en", "name_zh", "aliases", "subtype", "website", "summary_en", "summary_zh")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subtype"].label = _("More exactly")
        for name in ("summary_en", "summary_zh"):
            self.fields[name].help_text = _(
                "Two or three sentences: who you are and what you are known for. One language is enough."
            )

    def save_step(self, actor: User) -> None:
        profile_save(self.instance, self.entry(), actor=actor)


class PersonForm(forms.Form):
    """The person who registers, as colleagues and partners will read their name."""

    title = _("You")
    name = PlainTextField(label=_("Your name"), max_length=150, required=False)

    def save_step(self, actor: User) -> None:
        name_set(actor, self.cleaned_data["name"])


class ReferenceForm(forms.Form):
    """One project that a firm names as proof."""

    title = PlainTextField(label=_("Project"), max_length=200, required=False)
    place = PlainTextField(label=_("Place"), max_length=100, required=False)
    year = forms.IntegerField(label=_("Year"), required=False, min_value=1900, max_value=2999)
    website = PlainTextField(label=_("Website"), max_length=300, required=False)

    def clean_website(self) -> str:
        return str(cells.website(self.cleaned_data["website"], cells.CellContext(";", (), ())))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if any(cleaned.values()) and not cleaned.get("title") and "title" not in self.errors:
            self.add_error("title", _("Name the project, or empty its line."))
        return cleaned


References = formset_factory(ReferenceForm, extra=2, max_num=REFERENCES, validate_max=True)
FIRM_COLUMNS = ("credit_code", "ein", "uei", "ownership")


class FirmForm(forms.Form):
    """Registration numbers, ownership, owners, founding year and references of a firm."""

    title = _("Your firm on record")
    founded_year = forms.IntegerField(label=_("Founded in"), required=False)
    ownership = forms.ChoiceField(
        label=_("Ownership"), choices=[("", _("Not stated")), *Ownership.choices], required=False
    )
    owners = PlainTextField(
        label=_("Owners of half or more"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Everybody who owns half of the firm or more, alone or together; one name a line. For our staff "
            "only; never shown."
        ),
    )
    credit_code = PlainTextField(
        label=_("Unified social credit code"),
        max_length=40,
        required=False,
        help_text=_("18 characters, in China. For our staff only; never shown."),
    )
    ein = PlainTextField(
        label=_("EIN"),
        max_length=40,
        required=False,
        help_text=_("Nine digits, in the United States. For our staff only; never shown."),
    )
    uei = PlainTextField(
        label=_("UEI"),
        max_length=40,
        required=False,
        help_text=_("Twelve characters, if you are registered at SAM.gov. Instead of the EIN, if you like."),
    )

    def __init__(self, organization: Organization, data: Any = None, **kwargs: Any) -> None:
        self.organization = organization
        standing = FirmDetails.objects.filter(organization=organization).first()
        initial = {name: getattr(standing, name) for name in FIRM_COLUMNS} if standing else {}
        initial["founded_year"] = organization.founded_year
        initial["owners"] = "\n".join(standing.owners) if standing else ""
        super().__init__(data, initial=initial, **kwargs)
        others = ("ein", "uei") if organization.country == "CN" else ("credit_code",)
        for name in others:
            # The other country's number is asked for only where one was given.
            if not (initial.get(name) or (data or {}).get(self.add_prefix(name))):
                del self.fields[name]
        rows = organization.references.values("title", "place", "year", "website")
        self.references = References(data, initial=list(rows), prefix="references")

    def is_valid(self) -> bool:
        return bool(super().is_valid()) & self.references.is_valid()

    def save_step(self, actor: User) -> None:
        stated = dict(self.cleaned_data)
        rows = [Reference(**row.cleaned_data) for row in self.references if row.cleaned_data.get("title")]
        firm_details_save(
            self.organization,
            founded_year=stated.pop("founded_year"),
            owners=stated.pop("owners").splitlines(),
            details=stated,
            references=rows,
            actor=actor,
        )


class AllianceForm(forms.Form):
    """Patron agencies, secretariat, charter and founding year of an alliance."""

    title = _("How your alliance is set up")
    founded_year = forms.IntegerField(label=_("Founded in"), required=False)
    secretariat = PlainTextField(label=_("Secretariat"), max_length=200, required=False)
    charter = PlainTextField(
        label=_("Charter"),
        max_length=CHARTER_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the alliance is for, who decides in it, and what it may sign."),
    )
    patrons = forms.MultipleChoiceField(
        label=_("Patron agencies"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, organization: Organization, data: Any = None, **kwargs: Any) -> None:
        self.organization = organization
        standing = AllianceDetails.objects.filter(organization=organization).first()
        initial: dict[str, Any] = {
            "founded_year": organization.founded_year,
            "secretariat": standing.secretariat if standing else "",
            "charter": standing.charter if standing else "",
            "patrons": list(organization.patrons.values_list("agency__slug", flat=True)),
        }
        super().__init__(data, initial=initial, **kwargs)
        name = "name_zh" if (get_language() or "").startswith("zh") else "name_en"
        agencies = Agency.objects.filter(country=organization.country).order_by(F(name))
        patrons = self.fields["patrons"]
        assert isinstance(patrons, forms.MultipleChoiceField)  # noqa: S101
        patrons.choices = [(agency.slug, agency.name) for agency in agencies]

    def save_step(self, actor: User) -> None:
        stated = self.cleaned_data
        alliance_details_save(
            self.organization,
            {"secretariat": stated["secretariat"], "charter": stated["charter"].replace("\r\n", "\n")},
            founded_year=stated["founded_year"],
            patrons=stated["patrons"],
            actor=actor,
        )


class PlaceForm(ProfileForm):
    """Where it is and how large: people for a place, staff for a firm, either for a public body."""

    title = ""

    class Meta(ProfileForm.Meta):
        fields = ("region", "population", "population_basis", "size_band", "latitude", "longitude")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # As it is read; however it is written, it is stored in one way.
        self.initial["region"] = region_name(self.instance.country, self.instance.region)
        left_out: tuple[str, ...] = ()
        if self.instance.kind != Kind.CITY:
            left_out = ("population", "population_basis")
        elif self.instance.subtype in ("", Subtype.STATE_PROVINCE) and not self.instance.size_band:
            left_out = ("size_band",)
        for name in left_out:
            del self.fields[name]
        if "population" in self.fields:
            self.fields["population"] = forms.IntegerField(
                label=self.fields["population"].label, required=False, min_value=1, max_value=MOST_PEOPLE
            )
        for name, text in (
            ("population", _("Digits only. For a city, whose figure is it: say so in the next field.")),
            ("latitude", _("In degrees, like 45.52. With it you stand on the map.")),
            ("longitude", _("In degrees, like -122.68; west is negative.")),
        ):
            if name in self.fields:
                self.fields[name].help_text = text

    def save_step(self, actor: User) -> None:
        profile_save(self.instance, self.entry(), actor=actor)


class NameForm(forms.Form):
    """Whether others read its name at once."""

    title = _("What others see first")
    shows_name = forms.TypedChoiceField(
        label=_("When you are recommended to others, they read"),
        choices=[
            ("yes", _("your organization’s name and profile")),
            (
                "no",
                _(
                    "a description without name: kind, state or province, size, needs and offers. Your name "
                    "follows once you show it to them or say that you are interested"
                ),
            ),
        ],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        help_text=_(
            "Who is anonymous is not in the directory either. Who has read your name before still knows it. "
            "Contacts are seen by nobody before both sides have said yes."
        ),
    )

    def __init__(self, organization: Organization, data: Any = None, **kwargs: Any) -> None:
        self.organization = organization
        initial = {"shows_name": "yes" if organization.shows_name else "no"}
        super().__init__(data, initial=initial, **kwargs)

    def save_step(self, actor: User) -> None:
        if (shows_name := self.cleaned_data["shows_name"]) is not None:
            shows_name_set(self.organization, shows_name, actor=actor)


class PreferencesForm(ProfileForm):
    """How it works with others, whom it looks for and whom it refuses, and how much it can take on."""

    title = ""

    class Meta(ProfileForm.Meta):
        fields = (
            "languages",
            "seeks",
            "refuses",
            "partnership_types",
            "stage",
            "horizon",
            "budget_band",
            "capacity",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["capacity"] = forms.IntegerField(
            label=self.fields["capacity"].label, min_value=0, max_value=100
        )
        self.fields["refuses"].label = _("Never recommend to us")
        self.fields["seeks"].help_text = _("None ticked: all kinds are welcome.")
        self.fields["refuses"].help_text = _(
            "Nobody of a ticked kind is recommended to you, nor you to them."
        )
        self.fields["capacity"].help_text = _("Introductions a quarter that you can follow up.")

    def save_step(self, actor: User) -> None:
        profile_save(self.instance, self.entry(), actor=actor)
