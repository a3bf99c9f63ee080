using System.Buffers.Binary;
using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Microsoft.Win32.SafeHandles;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;
using Pricing.Node.V1;

namespace Pricing.Node.Workers;

/// <summary>
/// A worker process from its start to its end: it warms up, says it is ready, measures one job after the other as the node sends them over
/// standard input, and ends when the node closes it or is gone. Standard output is the node's; words for people go to standard error.
/// </summary>
public static class WorkerMain
{
    /// <summary>The program's hidden verb.</summary>
    public const string Verb = "worker";

    internal const string ParentOption = "--parent";

    /// <summary>ENOMEM: the managed heap met its limit. Told apart from other ends by the node.</summary>
    internal const int OutOfMemoryExit = 12;
    const int UsageExit = 64;
    const int CrashedExit = 70;

    /// <summary>Runs until the node closes standard input; the exit code.</summary>
    public static int Run(IReadOnlyList<string> arguments)
    {
        if (arguments is not [ParentOption, var parent] || !int.TryParse(parent, NumberStyles.None, CultureInfo.InvariantCulture, out var parentPid))
        {
            Console.Error.WriteLine("pricing: worker processes are started by a node, not by people.");
            return UsageExit;
        }
        if (!WorkerBonds.Tie(parentPid))
            return 0;
        // A Ctrl-C in the terminal or a stop of the service reaches the workers too; the node finishes first and then closes them.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ignore);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Ignore);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Ignore);

        using var frames = new FrameStream(
            new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0),
            new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0));
        WarmUp();
        var known = new ChunkSums(Limits.Worker.SumsBytesMax);
        try
        {
            frames.Write(FrameKind.Ready, []);
            while (true)
            {
                switch (frames.Read(out var payload))
                {
                    case FrameKind.Assign:
                        var threads = BinaryPrimitives.ReadInt32LittleEndian(payload);
                        if (Serve(frames, Assign.Parser.ParseFrom(payload[sizeof(int)..]), threads, known) is var exit and not 0)
                            return exit;
                        Rest();
                        break;
                    case FrameKind.Cancel:
                        // Crossed with the outcome of the job it was for.
                        frames.Write(FrameKind.Cancelled, []);
                        break;
                    default:
                        throw new IOException("Between jobs comes a job.");
                }
            }
        }
        catch (IOException)
        {
            // The node closed us, or is gone.
            return 0;
        }
    }

    /// <summary>One job; other than 0 when this process is not to be trusted any more.</summary>
    static int Serve(FrameStream frames, Assign assign, int threads, ChunkSums known)
    {
        frames.Write(FrameKind.Taken, []);
        try
        {
            using var measuring = new LocalMeasuring(assign, threads, TimeProvider.System, known);
            while (true)
            {
                switch (frames.Read(out var bytes))
                {
                    case FrameKind.Bytes:
                        measuring.Push(bytes);
                        break;
                    case FrameKind.End:
                        Finish(frames, assign, measuring);
                        return 0;
                    case FrameKind.Cancel:
                        frames.Write(FrameKind.Cancelled, []);
                        return 0;
                    default:
                        throw new IOException("Within a job come bytes.");
                }
            }
        }
        catch (OutOfMemoryException)
        {
            return OutOfMemoryExit;
        }
        catch (Exception unexpected) when (unexpected is not IOException)
        {
            frames.Write(FrameKind.Crashed, Text(unexpected.ToString()));
            return CrashedExit;
        }
    }

    static void Finish(FrameStream frames, Assign assign, LocalMeasuring measuring)
    {
        JobOutcome outcome;
        using (var stop = new ManualResetEvent(false))
        using (var ticks = new Timer(_ => Tell(frames, assign, measuring), null, Limits.Node.ProgressMs, Limits.Node.ProgressMs))
        {
            try
            {
                outcome = measuring.Finish();
            }
            finally
            {
                // No progress after the outcome.
                if (ticks.Dispose(stop))
                    stop.WaitOne();
            }
        }
        switch (outcome)
        {
            case JobOutcome.Measured measured:
                frames.Write(FrameKind.Measured, measured.Measurement.ToByteArray());
                break;
            case JobOutcome.Failed failed:
                frames.Write(FrameKind.Failed, failed.Failure.ToByteArray());
                break;
            case JobOutcome.Released released:
                frames.Write(FrameKind.Released, Text(released.Reason));
                break;
            default:
                throw new InvalidOperationException($"{outcome.GetType().Name} is no outcome of measuring in one process.");
        }
    }

    static void Tell(FrameStream frames, Assign assign, LocalMeasuring measuring)
    {
        var progress = measuring.Progress;
        try
        {
            frames.Write(FrameKind.Progress, new Progress
            {
                JobId = assign.JobId,
                Epoch = assign.Epoch,
                BytesDone = progress.BytesDone,
                LayersDone = progress.LayersDone,
                LayersTotal = progress.LayersTotal,
            }.ToByteArray());
        }
        catch (IOException)
        {
            // The node is gone; the main thread will see it too.
        }
    }

    /// <summary>Between jobs a worker is small: what a large mesh took goes back to the system.</summary>
    static void Rest()
    {
        if (GC.GetGCMemoryInfo().TotalCommittedBytes < Limits.Worker.RestBytes && GC.GetTotalMemory(false) < Limits.Worker.RestBytes)
            return;
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>The just-in-time compiler meets decoder, kernels, estimate and message before the first customer's mesh does.</summary>
    static void WarmUp()
    {
        var file = MeshWriter.ToBytes(ExampleModels.All[0].Build(), MeshFormat.StlBinary);
        var assign = new Assign { ModelBytes = file.Length, ModelSha256 = "", FileName = "warm-up.stl" };
        using var measuring = new LocalMeasuring(assign, threads: 1, TimeProvider.System);
        measuring.Push(file);
        measuring.Finish();
        var part = PartMeasurer.Measure(file, new MeasureOptions());
        MeasurementMapping.ToMessage(part, "", null, new()).ToByteArray();
    }

    static byte[] Text(string text) => Encoding.UTF8.GetBytes(text.Length > Limits.Worker.StderrCharsMax ? text[..Limits.Worker.StderrCharsMax] : text);

    static void Ignore(PosixSignalContext signal) => signal.Cancel = true;
}
