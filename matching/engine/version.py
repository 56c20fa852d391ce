"""The version of the engine: part of every stored result. Raise it whenever an outcome could differ."""

ENGINE_VERSION = "1.0.0"
