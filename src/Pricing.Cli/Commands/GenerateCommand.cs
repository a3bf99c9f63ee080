using System.CommandLine;
using Pricing.Cli.Measuring;
using Pricing.Cli.Output;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing generate --triangles N --out FILE</c>: a torus of any size as binary STL, for load and size tests.</summary>
static class GenerateCommand
{
    public static Command Create(Terminal terminal)
    {
        var triangles = new Option<long>("--triangles") { Description = "How many triangles; rounded up to whole quads.", Required = true, HelpName = "N" };
        var output = new Option<string>("--out", "-o") { Description = "File to write.", Required = true, HelpName = "FILE.stl" };
        var command = new Command("generate", "Write a torus of any number of triangles as binary STL.") { triangles, output };
        command.SetAction((parsed, cancellation) =>
        {
            var asked = parsed.GetValue(triangles);
            if (asked is < TorusStl.TrianglesMin or > Limits.Mesh.TrianglesMax)
                throw Inputs.Wrong("TRIANGLES_OUT_OF_RANGE", "The number of triangles is out of range.", "--triangles",
                    $"{TorusStl.TrianglesMin} to {Limits.Mesh.TrianglesMax}", $"{asked}");
            var file = parsed.GetRequiredValue(output);
            var torus = TorusStl.Of(asked);
            Creating(file, () => torus.Write(file, cancellation));
            terminal.Out.WriteLine($"{file}: {Words.Count(torus.Triangles)} triangles, {Words.Bytes(torus.Bytes)}");
            return Task.FromResult(ExitCode.Ok);
        });
        return command;
    }

    /// <summary>Writing fails differently from reading: its own exit code.</summary>
    internal static void Creating(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FaultException(new Fault(ExitCode.CannotCreate, "CANNOT_CREATE", $"The file cannot be written: {error.Message}", "out", "", path), error);
        }
    }
}
