using System.CommandLine;
using Pricing.Cli.Output;
using Pricing.Geometry.Examples;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing generate --triangles N --out FILE</c>: a torus of any size as binary STL, for load and size tests.</summary>
static class GenerateCommand
{
    /// <summary>Three rings of three sides.</summary>
    const int FewestTriangles = 18;

    public static Command Create(Terminal terminal)
    {
        var triangles = new Option<long>("--triangles") { Description = "About how many triangles.", Required = true, HelpName = "N" };
        var output = new Option<string>("--out", "-o") { Description = "File to write.", Required = true, HelpName = "FILE.stl" };
        var command = new Command("generate", "Write a torus of about any number of triangles as binary STL.") { triangles, output };
        command.SetAction((parsed, _) =>
        {
            var asked = parsed.GetValue(triangles);
            if (asked is < FewestTriangles or > Limits.Mesh.TrianglesMax)
                throw Inputs.Wrong("TRIANGLES_OUT_OF_RANGE", "The number of triangles is out of range.", "--triangles",
                    $"{FewestTriangles} to {Limits.Mesh.TrianglesMax}", $"{asked}");
            var path = parsed.GetRequiredValue(output);
            var (rings, sides) = TorusStream.SizeFor(asked);
            Creating(path, () =>
            {
                using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, Limits.Cli.ReadBufferBytes);
                TorusStream.WriteBinaryStl(file, rings, sides);
            });
            terminal.Out.WriteLine($"{path}  {Words.Count(2L * rings * sides)} triangles, {Words.Bytes(new FileInfo(path).Length)}");
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
