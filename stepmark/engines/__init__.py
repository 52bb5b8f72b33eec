"""Engines: back ends that turn prompts into completions.

`protocol` is what every engine takes and gives. `http` is the engine for OpenAI-compatible servers:
`endpoint` says where one is, `continuation` makes the exact prompt, `wire` and `answers` are the
JSON of requests and answers, `transport` sends it, with `retry`, `throttle` and `faults`.
`vllm_server` starts one of our own, `guarded` by a `guardian` that stops it. `scripted`
needs none.
"""
