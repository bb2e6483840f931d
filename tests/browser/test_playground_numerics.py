"""The playground's bundle in Chromium, over http and from the disk, against the library."""

import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from playground_reference import MODELS, write_reference
from references_ablation import SINGLE_NOISE

BUNDLE = Path(__file__).parents[2] / "playground" / "dist" / "playground.js"
PAGE = """<!doctype html><meta charset="utf-8"><title>Numbers</title>
<script src="playground.js"></script>
<script>
  globalThis.link = confidenceNeuronsPlayground.connect(location.href.replace(/[^/]*$/, ""));
  globalThis.finish = (request) => {
    for (;;) {
      const { done, value } = request.next();
      if (done) return value;
    }
  };
  globalThis.engineOf = (name) => {
    const { prose, [name]: model } = confidenceNeuronsModels;
    const { Engine, Tokenizer } = confidenceNeuronsPlayground;
    return new Engine(model, new Tokenizer(prose));
  };
</script>"""
LOGITS = """([name, text, expected]) => {
  const engine = engineOf(name);
  finish(engine.read(text));
  const bytes = Uint8Array.from(atob(expected), (character) => character.charCodeAt(0));
  const values = new Float32Array(bytes.buffer);
  let worst = 0;
  engine.forward.ids.forEach((_, position) => {
    const { logSum } = engine.predictions[position];
    engine.readout.logProbabilities(engine.predictions[position]).forEach((logP, id) => {
      worst = Math.max(worst, Math.abs(logP + logSum - values[position * 2048 + id]));
    });
  });
  return worst;
}"""
SCAN = """([name, ids, count]) => {
  const engine = engineOf(name);
  engine.tokenizer.read = () => ({ ids: ids.slice(0, count), notes: [], cut: 0 });
  finish(engine.read(""));
  const sums = { total: Array(512).fill(0), direct: Array(512).fill(0) };
  for (let position = 1; position < count - 1; position++) {
    const effects = finish(engine.effects(position));
    for (const path in sums) {
      effects[path].forEach((effect, neuron) => sums[path][neuron] += Math.abs(effect));
    }
  }
  for (const path in sums) sums[path] = sums[path].map((sum) => sum / (count - 2));
  return sums;
}"""
ASK = """async ([kind, ...details]) => {
  const plain = (value) => ArrayBuffer.isView(value) ? [...value] : Array.isArray(value)
    ? value.map(plain) : value instanceof Object ? Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, plain(each)])) : value;
  return plain(await link[kind](...details));
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("numbers")
    write_reference(place)
    shutil.copy(BUNDLE, place)
    (place / "page.html").write_text(PAGE, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["http", "file"])
def address(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "file":
        yield (folder / "page.html").as_uri()
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/page.html"
        server.shutdown()


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, which has no weights yet, and asks for nothing but its own files."""
    opened, trouble = browser.new_page(), []
    home = address.removesuffix("page.html")

    def note(asked: str) -> None:
        if not asked.startswith(home) and not asked.endswith("favicon.ico"):
            trouble.append(f"asked for {asked}")

    opened.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    opened.on("request", lambda asked: note(asked.url))
    opened.goto(address)
    yield opened
    opened.close()
    assert trouble == []


def test_the_linked_engine_reads_what_the_library_reads(page, expected):
    for name in MODELS:
        own = expected["models"][name]
        about = page.evaluate(ASK, ["open", name])
        assert about["name"] == name
        assert "data" not in about
        read = page.evaluate(ASK, ["read", name, own["text"]])
        assert [token["id"] for token in read["tokens"]] == own["ids"]
        assert read["clean"]["entropy"] == pytest.approx(own["entropy"], abs=1e-4)
        assert read["clean"]["surprisal"][1:] == pytest.approx(own["surprisal"], abs=1e-4)
        assert read["clean"]["scale"] == pytest.approx(own["scale"], rel=1e-6)


def test_the_weights_are_loaded_once(page, address):
    """A worker has them where there is one, else the page."""
    page.evaluate(ASK, ["open", "prose"])
    held = page.evaluate("Object.keys(globalThis.confidenceNeuronsModels ?? {}).length > 0")
    assert held == address.startswith("file")


def test_the_linked_engine_turns_and_looks_as_the_library_does(page, expected):
    own = expected["models"]["prose"]
    for changed in own["turns"]:
        index, turn = 90, changed["turn"]
        position = changed["position"][index]
        page.evaluate(ASK, ["read", "prose", own["text"], turn])
        look = page.evaluate(ASK, ["look", "prose", position, turn])
        effect = look["turned"]["effect"]
        assert effect["total"] == pytest.approx(changed["entropy_total"][index], rel=1e-4, abs=1e-6)
        assert effect["direct"] == pytest.approx(
            changed["entropy_direct"][index], rel=1e-4, abs=1e-6
        )
        assert look["clean"]["entropy"] == pytest.approx(own["entropy"][position], abs=1e-4)
    for position, columns in own["effects"].items():
        effects = page.evaluate(ASK, ["effects", "prose", int(position)])
        for path in ("total", "direct"):
            assert effects[path] == pytest.approx(columns[path], rel=1e-4, abs=SINGLE_NOISE)
    for head in own["attention"]:
        rows = page.evaluate(ASK, ["attention", "prose", head["layer"], head["head"]])
        assert rows[40] == pytest.approx(head["pattern"][40][:41], abs=1e-5)


def test_a_request_that_a_newer_one_overtakes_is_dropped(page):
    answers = page.evaluate(
        """async () => {
          const ids = (read) => read?.tokens.length ?? null;
          const texts = ["One.", "One two.", "One two three."];
          const begun = link.read("prose", texts[0]);
          await null;
          const reads = texts.slice(1).map((text) => link.read("prose", text));
          return (await Promise.all([begun, ...reads])).map(ids);
        }"""
    )
    assert answers[1] is None
    assert answers[2] > 4


def test_the_page_stays_alive_while_a_long_text_is_read(page, expected):
    turns = page.evaluate(
        """async (text) => {
          await link.read("prose", "");
          let turns = 0;
          const timer = setInterval(() => turns++, 0);
          await link.read("prose", text);
          clearInterval(timer);
          return turns;
        }""",
        expected["models"]["prose"]["text"],
    )
    assert turns >= 3


def test_what_goes_wrong_is_told_in_words(page):
    for call, words in {
        'link.look("prose", 999)': "expected a position",
        'link.read("poetry", "")': "expected prose or prose-no-norm, got poetry",
    }.items():
        told = page.evaluate(f"{call}.then(() => 'nothing', (error) => error.message)")
        assert words in told


@pytest.fixture(scope="module")
def with_models(browser: Browser, folder: Path) -> Iterator[Page]:
    """A page with the weights in it: its engine is the same, wherever it comes from."""
    page = browser.new_page()
    page.goto((folder / "page.html").as_uri())
    for name in MODELS:
        page.add_script_tag(url=(folder / f"{name}.js").as_uri())
    yield page
    page.close()


@pytest.mark.parametrize("name", MODELS)
def test_all_logits_are_those_of_pytorch(name, with_models, expected):
    own = expected["models"][name]
    assert with_models.evaluate(LOGITS, [name, own["text"], own["logits"]]) < 1e-4


@pytest.mark.parametrize("name", MODELS)
def test_effects_of_every_neuron_are_those_of_scan(name, with_models, expected):
    own = expected["models"][name]
    found = with_models.evaluate(SCAN, [name, own["ids"], own["scanned"]])
    for path in ("total", "direct"):
        assert found[path] == pytest.approx(own["scan"][path], rel=1e-4, abs=SINGLE_NOISE)


def test_tokens_are_those_of_the_python_tokenizer(with_models, expected):
    odd = expected["odd"]
    assert len(odd["ids"]) >= 10_000
    found = with_models.evaluate(
        """(text) => {
          const { Tokenizer } = confidenceNeuronsPlayground;
          const tokenizer = new Tokenizer(confidenceNeuronsModels.prose);
          const labels = Array.from({ length: 2048 }, (_, id) => tokenizer.label(id));
          return [tokenizer.encode(text), tokenizer.plainText(text), labels];
        }""",
        odd["text"],
    )
    assert found == [odd["ids"], odd["plain"], expected["labels"]]
