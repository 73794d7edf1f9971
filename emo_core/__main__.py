from emo_core.cli import main

main()
