"""The registry: cheap to import, complete to describe, helpful about misspelt names."""

import json
import subprocess
import sys

import pytest

from core.errors import ConfigError
from core.models.registry import MODELS, describe, model_class
from core.models.spec import ModelSpec

LIGHT = """
import sys
from core.models.registry import MODELS, describe
from core.models.spec import ModelSpec
described = describe()
for name in MODELS:
    ModelSpec(name, name, {}).build().resolved(400, 12, 4)
print(sorted({"torch", "statsmodels", "scipy", "sklearn", "streamlit"} & set(sys.modules)))
"""


def test_listing_and_building_every_model_imports_no_engine():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_misspelt_name_gets_a_suggestion():
    with pytest.raises(ConfigError) as caught:
        model_class("ltsm")
    assert str(caught.value).startswith("there is no model 'ltsm'; did you mean lstm? choose from naive, ")


def test_a_name_like_no_other_gets_the_list():
    with pytest.raises(ConfigError) as caught:
        ModelSpec("prophet", "P").build()
    assert str(caught.value) == f"there is no model 'prophet'; choose from {', '.join(MODELS)}"


def test_names_and_labels_are_unique():
    assert all(model.name == name for name, model in MODELS.items())
    assert len({model.label for model in MODELS.values()}) == len(MODELS)


def test_the_description_is_plain_json_with_what_a_form_needs():
    described = {one["name"]: one for one in json.loads(json.dumps(describe(), allow_nan=False))}
    assert list(described) == list(MODELS)
    ar = described["ar"]
    assert (ar["label"], ar["family"], ar["scope"]) == ("AR", "autoregressive", "series")
    criterion = next(one for one in ar["parameters"] if one["name"] == "criterion")
    assert criterion["default"] == "aicc"
    assert criterion["choices"] == ["aicc", "aic", "bic", "hqic", "rolling"]
    hidden = next(one for one in described["lstm"]["parameters"] if one["name"] == "hidden")
    assert (hidden["default"], hidden["low"], hidden["high"]) == (None, 1, 512)


def test_a_spec_is_closed_with_all_settings_of_its_model():
    spec = ModelSpec("lstm", "my LSTM", {"hidden": 5})
    closed = spec.closed(spec.build().resolved(300, 6, 12))
    assert (closed.name, closed.label) == ("lstm", "my LSTM")
    assert (closed.config["hidden"], closed.config["lookback"], closed.config["segment"]) == (5, 24, 1)
    assert closed.build() == spec.build().resolved(300, 6, 12)
