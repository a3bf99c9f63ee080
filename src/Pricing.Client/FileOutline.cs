using System.Security.Cryptography;
using Google.Protobuf;
using Pricing.Quoting.V1;

namespace Pricing.Client;

/// <summary>What a file looks like from outside: the hash of the whole, and of its content-defined chunks.</summary>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Chunks">All of it, in order; empty for a file too small to be worth it.</param>
sealed record FileOutline(string Sha256, IReadOnlyList<ContentChunk> Chunks)
{
    /// <summary>Reads the stream once, to its end. The two hashes are computed side by side.</summary>
    public static async Task<FileOutline> ReadAsync(Stream content, long size, IProgress<UploadProgress>? progress, CancellationToken cancellation)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var outliner = size >= Limits.Reuse.FileBytesMin ? new ChunkOutliner(size) : null;
        var buffer = new byte[Limits.Wire.ChunkBytes];
        long done = 0;
        // The first bytes say whether the file consists of records; whole records are read from there on.
        var block = outliner is null ? buffer.Length : CutRule.SampleBytes;
        int read;
        while ((read = await content.ReadAtLeastAsync(buffer.AsMemory(0, block), block, throwOnEndOfStream: false, cancellation).ConfigureAwait(false)) > 0)
        {
            var bytes = buffer.AsMemory(0, read);
            var chunks = outliner is null ? Task.CompletedTask : Task.Run(() => outliner.Append(bytes.Span), CancellationToken.None);
            sha256.AppendData(bytes.Span);
            await chunks.ConfigureAwait(false);
            block = outliner is null ? buffer.Length : buffer.Length / outliner.RecordBytes * outliner.RecordBytes;
            done += read;
            progress?.Report(new UploadProgress(UploadStage.Hashing, done, size));
        }
        return new FileOutline(Convert.ToHexStringLower(sha256.GetHashAndReset()), outliner?.Finish() ?? []);
    }

    /// <summary>Cuts and hashes. Pushed the first <see cref="CutRule.SampleBytes"/>, then whole records, and at the end what is left.</summary>
    sealed class ChunkOutliner(long size) : IDisposable
    {
        readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        readonly List<ContentChunk> _chunks = [];
        ContentCutter? _cutter;
        uint _length;

        public int RecordBytes { get; private set; } = 1;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            if (_cutter is null)
            {
                var rule = CutRule.ForUpload(bytes, size);
                _cutter = new ContentCutter(rule);
                RecordBytes = rule.RecordBytes;
                if (rule.HeadBytes > 0)
                {
                    Add(bytes[..rule.HeadBytes]);
                    End();
                    bytes = bytes[rule.HeadBytes..];
                }
            }
            var records = bytes[..(bytes.Length / RecordBytes * RecordBytes)];
            var tail = bytes[records.Length..];
            while (records.Length > 0)
            {
                var take = _cutter.Take(records, out var ends);
                Add(records[..take]);
                if (ends)
                    End();
                records = records[take..];
            }
            Add(tail);
        }

        public IReadOnlyList<ContentChunk> Finish()
        {
            if (_length > 0)
                End();
            return _chunks;
        }

        public void Dispose() => _hash.Dispose();

        void Add(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            _length += (uint)bytes.Length;
        }

        void End()
        {
            _chunks.Add(new ContentChunk { Sha256 = ByteString.CopyFrom(_hash.GetHashAndReset()), Length = _length });
            _length = 0;
        }
    }
}
