using Pricing.Cli.Bench;
using Pricing.Cli.Output;
using Spectre.Console;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench --upload</c>: throughput and cost of a large upload, next to gRPC alone.</summary>
static class UploadReports
{
    public static async Task<int> RunAsync(int megabytes, int repetitions, string? models, string? save, bool json, Terminal terminal, CancellationToken cancellation)
    {
        await terminal.Error.WriteLineAsync($"uploading {megabytes} MB {repetitions + 1} times to each server, over loopback …");
        var before = Machine.Load();
        var results = await UploadBench.RunAsync(megabytes, repetitions, models, cancellation);
        var head = $"load before {before}, after {Machine.Load()}; {megabytes} MB, median of {repetitions} after one to warm up, chunks of {Limits.Wire.ChunkBytes >> 10} KiB; "
            + "sender and server are two processes on this machine, h2c over loopback; CPU of all threads of a process, user and system; peak = most resident memory of the server, start included";
        string[] titles = ["what", "MB/s", "server CPU s/GB", "sender CPU s/GB", "server peak MiB"];
        IReadOnlyList<object>[] cells = [.. results.Select(r => (IReadOnlyList<object>)[r.What, Math.Round(r.MegabytesPerS), Math.Round(r.ServerCpuSPerGb, 2),
            Math.Round(r.ClientCpuSPerGb, 2), r.ServerPeakRssBytes >> 20])];
        if (save is not null)
            SavedResults.Write(save, "upload", "A large upload over gRPC", head, titles, cells);
        if (json)
            JsonText.Write(terminal.Out, writer => SavedResults.Json(writer, head, titles, cells));
        else
        {
            await terminal.Out.WriteLineAsync(Machine.Describe());
            await terminal.Out.WriteLineAsync(head);
            await terminal.Out.FlushAsync(cancellation);
            var table = new Table().Border(TableBorder.Rounded).AddColumn(titles[0]);
            foreach (var title in titles[1..])
                table.AddColumn(new TableColumn(title).RightAligned());
            foreach (var row in cells)
                table.AddRow([.. row.Select(cell => Markup.Escape(SavedResults.Text(cell)))]);
            terminal.Tables().Write(table);
            await terminal.Out.FlushAsync(cancellation);
        }
        return ExitCode.Ok;
    }
}
