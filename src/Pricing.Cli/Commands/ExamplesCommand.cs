using System.CommandLine;
using Pricing.Cli.Output;
using Pricing.Geometry.Examples;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing examples [DIR]</c>: writes the example models, which the program generates itself.</summary>
static class ExamplesCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("dir") { Description = "Folder to write to; made when absent.", HelpName = "DIR", DefaultValueFactory = _ => "examples/models" };
        var command = new Command("examples", "Write example models to play with, one per format and shape.") { folder };
        command.SetAction((parsed, cancellation) => Task.FromResult(Write(parsed.GetRequiredValue(folder), terminal, cancellation)));
        return command;
    }

    static int Write(string folder, Terminal terminal, CancellationToken cancellation)
    {
        GenerateCommand.Creating(folder, () => Directory.CreateDirectory(folder));
        foreach (var model in ExampleModels.All)
        {
            cancellation.ThrowIfCancellationRequested();
            var path = Path.Combine(folder, model.FileName);
            GenerateCommand.Creating(path, () => File.WriteAllBytes(path, model.Bytes()));
            terminal.Out.WriteLine($"{path}: {Words.Bytes(new FileInfo(path).Length)}");
        }
        return ExitCode.Ok;
    }
}
