import pytest

from tests.data.brought import column, refusal, understood

TEXT = column("1,5", "2,5", "4,25", head="Datum;Erlös")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_encodings_are_read_without_a_word(encoding):
    result = understood(TEXT.encode(encoding))
    assert result.panel.series[0].id == "Erlös"
    assert result.panel.series[0].values.tolist() == [1.5, 2.5, 4.25]
    assert result.warnings == ()
    assert result.dialect.encoding == encoding.removesuffix("-sig")


def test_utf16_without_a_mark_is_seen_by_its_nuls():
    result = understood(TEXT.encode("utf-16-le"))
    assert result.panel.series[0].id == "Erlös"
    assert "utf-16-le" in result.warnings[0]


def test_windows_text_is_read_with_a_warning_that_names_the_line():
    result = understood(TEXT.encode("cp1252"))
    assert result.panel.series[0].id == "Erlös"
    assert "first seen in line 1" in result.warnings[0]


def test_mixed_encodings_are_refused_at_the_first_bad_line():
    content = "datum;wert;ort\n2024-01-01;1;Köln\n".encode() + "2024-01-02;2;Köln\n".encode("cp1252")
    assert "line 3 is not in UTF-8 though lines before it are" in refusal(content)


def test_a_nul_byte_is_refused_with_its_line():
    text = refusal(b"date,y\n2024-01-01,1\n2024-01-02,\x002\n")
    assert text == "line 3 contains a NUL byte; save the file anew as CSV in UTF-8"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_read(end):
    assert understood(column("1", "2", "7").replace("\n", end)).panel.series[0].values.tolist() == [1, 2, 7]


def test_a_missing_last_line_end_loses_nothing():
    assert understood(column("1", "2", "7").rstrip("\n")).panel.series[0].values.tolist() == [1, 2, 7]
