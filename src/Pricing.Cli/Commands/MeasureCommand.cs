using System.CommandLine;
using Pricing.Cli.Measuring;
using Pricing.Cli.Output;
using Pricing.Geometry;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Processes;
using Pricing.Node;
using Wire = Pricing.Quoting.V1;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing measure FILE…</c>: geometry only, in this process; no server, no database.</summary>
static class MeasureCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = Inputs.Files();
        var unit = Inputs.Unit();
        var scale = Inputs.Scale();
        var profile = new Option<string?>("--profile") { Description = "Printer profile for the filament or resin estimate: a slicer's .ini file. Default: 0.2 mm layers, 2 walls, 15 % infill; resin at 0.05 mm.", HelpName = "FILE" };
        var threads = new Option<int>("--threads", "-t") { Description = "Threads to use. Never changes a bit of the answer.", DefaultValueFactory = _ => Environment.ProcessorCount, HelpName = "N" };
        var sums = new Option<bool>("--sums-only") { Description = "Only what one pass over the file gives: no walls, hull, orientation or rasterised estimate." };
        var thumbnail = new Option<string?>("--thumbnail") { Description = "Write a picture of the part (PNG). One file at a time.", HelpName = "FILE" };
        var findings = new Option<string?>("--findings") { Description = "Write a byte per triangle and kind of finding: FILE.overhang, .thin_wall, .narrow_gap, .unreachable; 0 = nothing, 255 = worst.", HelpName = "FILE" };
        var json = Inputs.Json();
        var command = new Command("measure", "Measure models: size, volume, area, watertightness, filament and print time. No server needed.")
        {
            files, unit, scale, profile, threads, sums, thumbnail, findings, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var options = new MeasureOptions
            {
                Unit = Inputs.ParseUnit(parsed.GetValue(unit)),
                Scale = Inputs.CheckScale(parsed.GetValue(scale)),
                Threads = CheckThreads(parsed.GetValue(threads)),
                Thumbnail = parsed.GetValue(thumbnail) is not null,
                Findings = parsed.GetValue(findings) is not null,
            };
            if (parsed.GetValue(sums))
                options = options with { FdmTier = 1, Analysis = false, Topology = false };
            if (parsed.GetValue(profile) is { } ini)
            {
                var text = InputFile.ReadText(ini, "--profile", Limits.Cli.ProfileBytesMax, ("PROFILE_TOO_LARGE", "The printer profile is too large."));
                var name = Path.GetFileNameWithoutExtension(ini);
                options = PrusaProfile.IsResin(text)
                    ? options with { Sla = SlaProfile.FromPrusa(text, name) }
                    : options with { Fdm = PrusaProfile.Parse(text, name) };
            }
            var written = new Written(OneFile(parsed.GetRequiredValue(files), parsed.GetValue(thumbnail), "--thumbnail"),
                OneFile(parsed.GetRequiredValue(files), parsed.GetValue(findings), "--findings"));
            return RunAsync(parsed.GetRequiredValue(files), options, written, parsed.GetValue(json), terminal, cancellation);
        });
        return command;
    }

    static Task<int> RunAsync(string[] files, MeasureOptions options, Written written, bool json, Terminal terminal, CancellationToken cancellation)
    {
        // Several files may be versions of one part.
        var known = files.Length > 1 ? new ChunkSums() : null;
        return FileLoop.RunAsync(files, json, terminal, async (file, progress) =>
        {
            var measured = await FileMeasurer.MeasureAsync(file, options, known, new Telling(progress), cancellation);
            var measurement = MeasurementMapping.ToMessage(measured.Part, measured.Sha256, new Wire.MeasureOptions { Scale = options.Scale },
                new Wire.MeasureTiming { ReceiveMs = measured.ReadMs, DecodeMs = measured.DecodeMs, MeasureMs = measured.FinishMs, ReusedBytes = measured.BytesReused });
            progress.Clear();
            written.Write(measured.Part);
            if (!json)
                MeasurementText.Write(terminal, file, measurement,
                    $"{Words.Milliseconds(measured.TotalMs)} in all: reading and hashing {Words.Milliseconds(measured.ReadMs)}, decoding and measuring {Words.Milliseconds(measured.DecodeMs + measured.FinishMs)}{Words.Reused(measured.BytesReused, measurement.ModelBytes)}");
            return new FileOutcome(ExitCode.Ok, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", file);
                MeasurementJson.WriteFields(writer, measurement);
                writer.WriteStartObject("timing_ms");
                writer.Milliseconds("read", measured.ReadMs);
                writer.Milliseconds("decode", measured.DecodeMs);
                writer.Milliseconds("measure", measured.FinishMs);
                writer.Milliseconds("total", measured.TotalMs);
                writer.WriteEndObject();
                writer.WriteNumber("reused_bytes", measured.BytesReused);
                writer.WriteEndObject();
            });
        });
    }

    /// <summary>A picture of several models in one file would be of the last.</summary>
    static string? OneFile(string[] files, string? target, string option) => target is null || files.Length == 1
        ? target
        : throw Inputs.Wrong("ONE_MODEL_ONLY", "What is written to a file is of one model.", option, "1 model", $"{files.Length} models");

    /// <summary>Files that a measurement leaves beside its answer.</summary>
    sealed record Written(string? Thumbnail, string? Findings)
    {
        public void Write(PartMeasurement part)
        {
            if (Thumbnail is not null && part.ThumbnailPng is { } png)
                GenerateCommand.Creating(Thumbnail, () => File.WriteAllBytes(Thumbnail, png));
            if (Findings is null || part.Analysis?.Columns?.Findings is not { } found)
                return;
            foreach (var (kind, bytes) in new[] { ("overhang", found.Overhang), ("thin_wall", found.ThinWall), ("narrow_gap", found.NarrowGap), ("unreachable", found.Unreachable) })
            {
                // The repair may have dropped the file's last triangles: they show nothing.
                var whole = new byte[part.Triangles];
                bytes.AsSpan(0, Math.Min(bytes.Length, whole.Length)).CopyTo(whole);
                GenerateCommand.Creating($"{Findings}.{kind}", () => File.WriteAllBytes($"{Findings}.{kind}", whole));
            }
        }
    }

    static int CheckThreads(int threads) => threads is >= 1 and <= Limits.Mesh.ThreadsMax
        ? threads
        : throw Inputs.Wrong("THREADS_OUT_OF_RANGE", "The number of threads is out of range.", "--threads", $"1 to {Limits.Mesh.ThreadsMax}", $"{threads}");

    sealed class Telling(ProgressLine line) : IProgress<MeasureProgress>
    {
        public void Report(MeasureProgress value) => line.Show("measuring", value.BytesDone, line.FileBytes, Words.Bytes(value.BytesDone));
    }
}
