using System.CommandLine;
using Pricing.Cli.Output;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing examples [DIR]</c>: writes the example models, which the program generates itself.</summary>
static class ExamplesCommand
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("dir")
        {
            Description = "Folder to write to; made when absent.",
            HelpName = "DIR",
            DefaultValueFactory = _ => Path.Combine("examples", "models"),
        };
        var command = new Command("examples", "Write example models to play with, in every format.") { folder };
        command.SetAction((parsed, cancellation) => Task.FromResult(Write(parsed.GetRequiredValue(folder), terminal, cancellation)));
        return command;
    }

    static int Write(string folder, Terminal terminal, CancellationToken cancellation)
    {
        GenerateCommand.Creating(folder, () => Directory.CreateDirectory(folder));
        foreach (var model in ExampleModels.All)
        {
            var mesh = model.Build();
            Save(model.Name + ".stl", MeshFormat.StlBinary, model.Description);
            // One of them in every other format as well.
            if (model == ExampleModels.All[0])
                foreach (var format in Enum.GetValues<MeshFormat>().Where(format => format != MeshFormat.StlBinary))
                    Save(model.Name + (format == MeshFormat.StlAscii ? "-ascii" : "") + MeshWriter.Extension(format), format, "the same");

            void Save(string name, MeshFormat format, string description)
            {
                cancellation.ThrowIfCancellationRequested();
                var path = Path.Combine(folder, name);
                GenerateCommand.Creating(path, () =>
                {
                    using var file = File.Create(path);
                    MeshWriter.Write(file, mesh, format);
                });
                terminal.Out.WriteLine($"{path}  {description}, {Words.Count(mesh.TriangleCount)} triangles");
            }
        }
        return ExitCode.Ok;
    }
}
