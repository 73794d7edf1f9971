"""Local servers that stand in for model providers: `gemini` and `openai_compatible`, each in a process of its own.

In a test: `with gemini.Server.start(folder, delay=0.05, faults={"429": 0.05}) as server:`, then ask `server.url`.
"""
