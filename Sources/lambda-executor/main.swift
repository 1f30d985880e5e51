internal import Glibc

exit(LambdaExecutor.run(Array(CommandLine.arguments.dropFirst())))
