using Pricing.Cli.Bench;
using Pricing.Cli.Output;
using Spectre.Console;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench --known-price</c>: latency and throughput of a known price over gRPC.</summary>
static class KnownPriceReports
{
    public static async Task<int> RunAsync(string? redis, int seconds, int clients, string? save, bool json, Terminal terminal, CancellationToken cancellation)
    {
        await terminal.Error.WriteLineAsync($"starting a coordinator with its own database; then {seconds} s each with 1, 4 and {clients} callers …");
        var before = Machine.Load();
        var (answerBytes, results) = await KnownPriceBench.RunAsync(redis, seconds, clients, cancellation);
        var head = $"load before {before}, after {Machine.Load()}; {seconds} s each; answers of {answerBytes} bytes; callers and coordinator are two processes on this machine, "
            + "h2c over loopback; CPU of all threads of a process over its calls; loads = times the database was asked for a value";
        string[] titles = ["callers", "calls/s", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "max µs", "server CPU µs", "caller CPU µs", "calls", "from memory", "loads"];
        IReadOnlyList<object>[] cells = [.. results.Select(r => (IReadOnlyList<object>)[(long)r.Clients, Math.Round(r.CallsPerS), Math.Round(r.P50Us, 1), Math.Round(r.P90Us, 1),
            Math.Round(r.P99Us, 1), Math.Round(r.P999Us, 1), Math.Round(r.MaxUs, 1), Math.Round(r.ServerCpuUs, 1), Math.Round(r.ClientCpuUs, 1), r.Calls, r.AnsweredFromMemory, r.Loads])];
        if (save is not null)
            SavedResults.Write(save, "known-price", "A known price over gRPC", head, titles, cells);
        if (json)
            JsonText.Write(terminal.Out, writer => SavedResults.Json(writer, head, titles, cells));
        else
        {
            await terminal.Out.WriteLineAsync(Machine.Describe());
            await terminal.Out.WriteLineAsync(head);
            await terminal.Out.FlushAsync(cancellation);
            var table = new Table().Border(TableBorder.Rounded);
            foreach (var title in titles)
                table.AddColumn(new TableColumn(title).RightAligned());
            foreach (var row in cells)
                table.AddRow([.. row.Select(cell => Markup.Escape(SavedResults.Text(cell)))]);
            terminal.Tables().Write(table);
            await terminal.Out.FlushAsync(cancellation);
        }
        return ExitCode.Ok;
    }
}
