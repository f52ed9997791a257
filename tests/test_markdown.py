from mien.markdown import markdown_table


def test_columns_are_aligned_and_cells_are_those_given() -> None:
    lines = markdown_table(["model", "F1"], [["a", "0.5"], ["longer", "10.25"]])
    assert lines == ["| model  |    F1 |", "| ------ | ----: |", "| a      |   0.5 |", "| longer | 10.25 |"]
    assert markdown_table(["a", "b"], [["x", "y"]], num_left=2)[1] == "| --- | --- |"
    assert len(markdown_table(["only", "headings"], [])) == 2
