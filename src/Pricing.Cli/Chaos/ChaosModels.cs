using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Chaos;

/// <summary>A model the harness can make again at any time.</summary>
/// <param name="Seed">Stands in the file, and bends the shape a little.</param>
/// <param name="Triangles">About as many.</param>
/// <param name="Broken">One corner is no number: it is to be refused by whoever measures it.</param>
sealed record ModelSpec(int Seed, int Triangles, bool Broken)
{
    /// <summary>The reason a broken one is refused for.</summary>
    public const string BrokenReason = "COORDINATE_NOT_FINITE";

    const int HeaderBytes = 84, RecordBytes = 50;

    /// <summary>A closed torus as binary STL; another seed gives another file of another volume.</summary>
    public byte[] Make()
    {
        var across = Math.Max(4, (int)Math.Sqrt(Triangles / 4.0));
        var around = Math.Max(4, Triangles / 2 / across);
        var file = new byte[HeaderBytes + RecordBytes * 2 * around * across];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), Seed);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(80), 2 * around * across);
        var tubeMm = 6 + Seed % 997 * 0.01;
        var at = HeaderBytes;
        for (var i = 0; i < around; i++)
            for (var j = 0; j < across; j++)
            {
                Write(file.AsSpan(at), Point(i, j), Point(i + 1, j), Point(i + 1, j + 1));
                Write(file.AsSpan(at + RecordBytes), Point(i, j), Point(i + 1, j + 1), Point(i, j + 1));
                at += 2 * RecordBytes;
            }
        if (Broken)
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(HeaderBytes + RecordBytes * around * across + 12), float.NaN);
        return file;

        // Indices wrap, so that a shared corner has the same bits wherever it is used.
        (float X, float Y, float Z) Point(int i, int j)
        {
            var (sinU, cosU) = Math.SinCos(Math.Tau * (i % around) / around);
            var (sinV, cosV) = Math.SinCos(Math.Tau * (j % across) / across);
            var reach = 25 + tubeMm * cosV;
            return ((float)(reach * cosU), (float)(reach * sinU), (float)(tubeMm * sinV));
        }
    }

    public static string Sha256(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));

    static void Write(Span<byte> record, (float X, float Y, float Z) a, (float X, float Y, float Z) b, (float X, float Y, float Z) c)
    {
        ReadOnlySpan<float> values = [0, 0, 0, a.X, a.Y, a.Z, b.X, b.Y, b.Z, c.X, c.Y, c.Z];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(record[(4 * i)..], values[i]);
    }
}

/// <summary>What the clients know together: models by hash, and which partner has which.</summary>
sealed class ModelShelf
{
    readonly ConcurrentDictionary<string, ModelSpec> _specs = new();
    readonly ConcurrentDictionary<string, Quote> _asked = new();
    readonly Lock _gate = new();
    readonly Dictionary<string, List<string>> _ofPartner = [];
    int _seeds;

    /// <summary>A model nobody has made before.</summary>
    public ModelSpec Next(int triangles, bool broken) => new(Interlocked.Increment(ref _seeds), triangles, broken);

    public void Note(string sha256, ModelSpec spec) => _specs[sha256] = spec;

    public ModelSpec Find(string sha256) => _specs[sha256];

    public void NoteQuestion(string question, Quote asked) => _asked.TryAdd(question, asked);

    /// <summary>Every question that was ever asked, in a fixed order.</summary>
    public IReadOnlyList<(string Question, Quote Asked)> Asked => [.. _asked.OrderBy(q => q.Key, StringComparer.Ordinal).Select(q => (q.Key, q.Value))];

    /// <summary>A good model the platform has accepted from this partner: it may be asked for without sending it.</summary>
    public void Keep(string partner, string sha256)
    {
        lock (_gate)
        {
            if (!_ofPartner.TryGetValue(partner, out var models))
                _ofPartner[partner] = models = [];
            models.Add(sha256);
        }
    }

    /// <summary>One of the partner's models, the older the likelier; null when there is none yet.</summary>
    public string? Any(string partner, Random random)
    {
        lock (_gate)
            return _ofPartner.TryGetValue(partner, out var models) ? models[Math.Min(random.Next(models.Count), random.Next(models.Count))] : null;
    }
}
