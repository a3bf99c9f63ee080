using Pricing.Cli.Bench;
using Pricing.Cli.Output;
using Spectre.Console;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench --peers</c>: the table of other programs beside ours.</summary>
static class PeerReports
{
    public static int Run(int triangles, int repetitions, string? corpus, string? save, bool json, Terminal terminal, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("pricing-peers-").FullName;
        try
        {
            var before = Machine.Load();
            var (rows, median) = new PeerBench(triangles, repetitions, corpus, terminal.Error.WriteLine, cancellation).Run(folder);
            var head = $"load before {before}, after {Machine.Load()}; the cheapest of {repetitions} runs, a peer's of 5 s and more once; CPU = user + system, file reading included; "
                + "ratio = the peer's CPU over ours in process on one thread; "
                + (double.IsNaN(median) ? "the slicer is not installed" : $"slicing: median ratio {median:0.0}");
            string[] titles = ["model", "triangles", "program", "compared", "CPU s", "wall s", "peak MiB", "CPU ratio"];
            IReadOnlyList<object>[] cells = [.. rows.Select(r => (IReadOnlyList<object>)[r.Model, r.Triangles, r.Program, r.Compared, Math.Round(r.CpuS, 4), Math.Round(r.WallS, 4),
                r.PeakBytes >> 20, r.Ended ?? (object)(r.Ratio is { } ratio ? Math.Round(ratio, 1) : "")])];
            if (save is not null)
                SavedResults.Write(save, "peers", "Other programs on the same files", head, titles, cells);
            if (json)
                JsonText.Write(terminal.Out, writer => SavedResults.Json(writer, head, titles, cells));
            else
            {
                terminal.Out.WriteLine(Machine.Describe());
                terminal.Out.WriteLine(head);
                terminal.Out.Flush();
                var table = new Table().Border(TableBorder.Rounded);
                foreach (var title in titles)
                    table.AddColumn(title);
                foreach (var row in cells)
                    table.AddRow([.. row.Select(cell => Markup.Escape(SavedResults.Text(cell)))]);
                terminal.Tables().Write(table);
                terminal.Out.Flush();
            }
            return ExitCode.Ok;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
