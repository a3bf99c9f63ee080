using System.CommandLine;
using Pricing.Cli.Bench;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench</c>: throughput of the kernels on this machine.</summary>
static class BenchCommand
{
    public static Command Create(Terminal terminal)
    {
        var command = new Command("bench", "Measure how fast this machine measures: kernels and whole files, with spread.");
        command.SetAction((_, cancellation) => Task.FromResult(KernelBench.Run(terminal.Out, cancellation)));
        return command;
    }
}
