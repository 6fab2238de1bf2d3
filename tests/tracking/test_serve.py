from mlflow.cli import cli

from hallmark.tracking import serve

URI = "postgresql://anna:geheim@127.0.0.1/name"


def test_the_stores_password_is_in_no_command_line() -> None:
    command, environment = serve.server(URI)
    assert "geheim" not in " ".join(command)
    assert environment["MLFLOW_BACKEND_STORE_URI"] == URI
    assert environment["DO_NOT_TRACK"] == "true"


def test_mlflow_reads_the_store_from_the_environment() -> None:
    ui = cli.get_command(None, "ui")
    (option,) = [each for each in ui.params if each.name == "backend_store_uri"]
    assert option.envvar == "MLFLOW_BACKEND_STORE_URI"
