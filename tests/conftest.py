"""What all tests share; the fixtures themselves live beside what they start."""

pytest_plugins = ["tests.cluster.fixtures", "tests.fake.fixtures", "tests.support.vector_count"]
