"""Small files of AVA's CSV."""

ROW = "abc,0902,0.1,0.2,0.3,0.4,12"


def written(tmp_path, text, name="file.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path
