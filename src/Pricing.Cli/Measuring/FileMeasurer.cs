using System.Diagnostics;
using System.Security.Cryptography;
using Pricing.Geometry;

namespace Pricing.Cli.Measuring;

/// <summary>What measuring a file in process found, and where the time went.</summary>
/// <param name="Part">The measurement.</param>
/// <param name="Sha256">Lower-case hex hash of the file.</param>
/// <param name="ReadMs">Reading and hashing; overlaps with decoding.</param>
/// <param name="DecodeMs">Decoding and measuring as bytes arrive.</param>
/// <param name="FinishMs">What can only be known at the end of the file.</param>
/// <param name="TotalMs">Wall clock from opening the file.</param>
/// <param name="BytesReused">Bytes of triangles that an earlier file of the same call had too.</param>
sealed record MeasuredFile(PartMeasurement Part, string Sha256, double ReadMs, double DecodeMs, double FinishMs, double TotalMs, long BytesReused);

/// <summary>
/// Measures a file without server or database. Two buffers: one is read and hashed while the other is decoded, so memory does not depend
/// on the file's size.
/// </summary>
static class FileMeasurer
{
    public static async Task<MeasuredFile> MeasureAsync(string path, MeasureOptions options, ChunkSums? known, IProgress<MeasureProgress>? progress,
        CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var measurer = new PartMeasurer(options, file.Length, Path.GetFileName(path), known);

        var reading = TimeSpan.Zero;
        var decoding = TimeSpan.Zero;
        var front = new byte[Limits.Cli.ReadBufferBytes];
        var back = new byte[Limits.Cli.ReadBufferBytes];
        var filled = await Task.Run(() => Read(front), cancellation);
        while (filled > 0)
        {
            var next = Task.Run(() => Read(back), cancellation);
            var before = Stopwatch.GetTimestamp();
            try
            {
                measurer.Push(front.AsSpan(0, filled));
            }
            finally
            {
                decoding += Stopwatch.GetElapsedTime(before);
                // The buffers and the hash stay in use until the read has ended, also when the decoder refuses.
                filled = await next;
            }
            (front, back) = (back, front);
            progress?.Report(measurer.Progress);
            cancellation.ThrowIfCancellationRequested();
        }
        var finishing = Stopwatch.GetTimestamp();
        var part = measurer.Finish();
        return new MeasuredFile(part, Convert.ToHexStringLower(sha256.GetHashAndReset()), reading.TotalMilliseconds, decoding.TotalMilliseconds,
            Stopwatch.GetElapsedTime(finishing).TotalMilliseconds, Stopwatch.GetElapsedTime(started).TotalMilliseconds, measurer.BytesReused);

        int Read(byte[] buffer)
        {
            var before = Stopwatch.GetTimestamp();
            var read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            sha256.AppendData(buffer, 0, read);
            reading += Stopwatch.GetElapsedTime(before);
            return read;
        }
    }
}
