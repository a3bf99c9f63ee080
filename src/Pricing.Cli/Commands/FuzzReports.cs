using Pricing.Cli.Bench;
using Pricing.Cli.Output;
using Pricing.Geometry;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench --fuzz</c>: runs each decoder's share and says how its files ended.</summary>
static class FuzzReports
{
    public static int Run(IReadOnlyList<MeshFormat> formats, TimeSpan time, int seed, string? corpus, string? save, Terminal terminal, CancellationToken cancellation)
    {
        var broken = 0;
        foreach (var format in formats)
        {
            var report = new DecoderFuzz(format, seed, corpus).Run(time, cancellation);
            broken += report.Faults.Count;
            terminal.Out.WriteLine($"{NameOf(format)}: {Words.Count(report.Files)} files from seed {seed}, {report.Faults.Count} faults, slowest {Words.Milliseconds(report.SlowestMs)}, "
                + $"memory {Words.Bytes(report.PeakBytes)}");
            foreach (var (end, count) in report.Ends.OrderByDescending(pair => pair.Value))
                terminal.Out.WriteLine($"  {Words.Count(count),12}  {end}");
            foreach (var fault in report.Faults)
            {
                var path = Path.Combine(save ?? Path.GetTempPath(), $"fuzz-{NameOf(format)}-{fault.Seed}{MeshWriter.Extension(format)}");
                GenerateCommand.Creating(path, () =>
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
                    File.WriteAllBytes(path, fault.File);
                });
                terminal.Out.WriteLine($"  FAULT seed {fault.Seed}, saved as {path}: {fault.What}");
            }
            terminal.Out.Flush();
        }
        return broken == 0 ? ExitCode.Ok : ExitCode.Internal;
    }

    public static string NameOf(MeshFormat format) => format switch
    {
        MeshFormat.StlBinary => "stl-binary",
        MeshFormat.StlAscii => "stl-ascii",
        MeshFormat.ThreeMf => "3mf",
        _ => format.ToString().ToLowerInvariant(),
    };
}
