"""Check the store on S3: a server on loopback answers as S3 does."""

from __future__ import annotations

from collections.abc import Iterator

import fsspec
import pytest

import stad
from stad.corpus.store import ResultStore
from stad.errors import InputError
from tests.corpus.rows import MODEL, check_whole, make_failure, make_results

moto_server = pytest.importorskip("moto.server")
pytest.importorskip("s3fs")


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3", use_listings_cache=False).mkdir("films")
        yield "s3://films"
    server.stop()


def test_a_store_on_s3(bucket):
    store = ResultStore.open(f"{bucket}/results", create=True)
    for number in range(3):
        store.add(MODEL, make_results(number))
    store.add_failure(MODEL, make_failure(7))
    other = ResultStore.open(f"{bucket}/results/", create=True)
    assert not other.add(MODEL, make_results(1))
    assert other.has(MODEL, make_results(2).video.key)
    assert not other.has(MODEL, make_results(3).video.key)
    assert other.compact() == 3
    assert store.has(MODEL, make_results(2).video.key)
    assert store.done(MODEL) == other.done(MODEL)
    assert store.failures(MODEL) == [make_failure(7)]
    assert check_whole(store) == {0, 1, 2}
    found = stad.find(f"{bucket}/results", "fall down", where="num_people = 1")
    assert [one.path for one in found] == [f"videos/{number}.mp4" for number in range(3)]
    (path,) = store.files("videos")
    assert path.startswith("s3://films/results/videos/model=")


def test_of_two_that_create_a_file_on_s3_one_does(bucket):
    store = ResultStore.open(f"{bucket}/created", create=True)
    assert store.place.create("once", b"1")
    assert not store.place.create("once", b"2")
    assert store.place.read("once") == b"1"


def test_a_bucket_that_is_not_there(bucket):
    with pytest.raises(InputError, match=r"Cannot (use|reach) s3://none/results|no results"):
        ResultStore.open("s3://none/results", create=False)
    with pytest.raises(InputError, match=r"Cannot (use|reach|write) s3://none/results"):
        ResultStore.open("s3://none/results", create=True)
