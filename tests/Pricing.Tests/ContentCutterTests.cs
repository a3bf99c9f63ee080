using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using NUnit.Framework;

namespace Pricing.Tests;

/// <summary>Where files are cut: the same cuts however the bytes come, and after an edit the same cuts again.</summary>
[TestFixture]
public sealed class ContentCutterTests
{
    /// <summary>A binary STL of random floats: only where it is cut matters here.</summary>
    static byte[] Stl(int triangles, Random random)
    {
        var file = new byte[84 + 50 * triangles];
        random.NextBytes(file);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(80), (uint)triangles);
        return file;
    }

    /// <summary>Text as an OBJ has it: few different bytes.</summary>
    static byte[] Obj(int lines, Random random) =>
        [.. Enumerable.Range(0, lines).SelectMany(_ => $"v {random.Next(1000)}.{random.Next(1000):000} {random.Next(1000)}.{random.Next(1000):000} {random.Next(1000)}.0\n").Select(c => (byte)c)];

    static CutRule RuleOf(byte[] file) => CutRule.ForUpload(file.AsSpan(0, CutRule.SampleBytes), file.Length);

    /// <summary>The chunks after the head, pushed in pieces of so many records.</summary>
    static List<byte[]> Cut(byte[] file, Func<int>? recordsPerPush = null, CutRule? asked = null)
    {
        var rule = asked ?? RuleOf(file);
        var cutter = new ContentCutter(rule);
        List<byte[]> chunks = [];
        var start = rule.HeadBytes;
        // What is left after the last whole record belongs to the last chunk.
        for (var at = start; at + rule.RecordBytes <= file.Length;)
        {
            var records = Math.Min((file.Length - at) / rule.RecordBytes, recordsPerPush?.Invoke() ?? int.MaxValue);
            var end = at + records * rule.RecordBytes;
            while (at < end)
            {
                at += cutter.Take(file.AsSpan(at, end - at), out var ends);
                if (!ends)
                    continue;
                chunks.Add(file[start..at]);
                start = at;
            }
        }
        if (start < file.Length)
            chunks.Add(file[start..]);
        return chunks;
    }

    /// <summary>The plain twin: every place looked at by itself.</summary>
    static List<byte[]> ReferenceCut(byte[] file)
    {
        var rule = RuleOf(file);
        List<byte[]> chunks = [];
        for (var start = rule.HeadBytes; start < file.Length;)
        {
            var end = start;
            do
                end += rule.RecordBytes;
            while (end < file.Length && end - start < rule.BytesMax && !(end - start >= rule.BytesMin && IsCut(end)));
            chunks.Add(file[start..end]);
            start = end;
        }
        return chunks;

        bool IsCut(int end)
        {
            if (rule.RecordBytes > 1)
            {
                ReadOnlySpan<ulong> odd = [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93];
                ulong hash = 0x27D4EB2F165667C5;
                for (var i = 0; i < 4; i++)
                    hash += BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(end - 32 + 8 * i)) * odd[i];
                return ((hash ^ BitOperations.RotateRight(hash, 29)) * 0xBF58476D1CE4E5B9) >> (64 - rule.Rarity) == 0;
            }
            ulong gear = 0;
            for (var i = end - 64; i < end; i++)
                gear = (gear << 1) + SplitMix(file[i]);
            return gear >> (64 - rule.Rarity) == 0;
        }

        static ulong SplitMix(byte value)
        {
            var z = 0x9E3779B97F4A7C15 * ((ulong)value + 1);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    static Random Seeded()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    static byte[] AFile(string format, Random random) => format == "stl" ? Stl(60_000, random) : Obj(120_000, random);

    [TestCase("stl"), TestCase("obj")]
    public void The_cuts_are_those_of_the_plain_twin_whatever_pieces_the_bytes_come_in(string format)
    {
        var random = Seeded();
        var file = AFile(format, random);
        var expected = ReferenceCut(file);
        Assert.That(expected, Has.Count.GreaterThan(8));
        var lengths = expected.Select(c => c.Length).ToList();
        Assert.That(Cut(file).Select(c => c.Length), Is.EqualTo(lengths));
        Assert.That(Cut(file, () => random.Next(1, format == "stl" ? 400 : 30_000)).Select(c => c.Length), Is.EqualTo(lengths));
    }

    [TestCase("stl"), TestCase("obj")]
    public void No_chunk_but_the_last_leaves_the_bounds(string format)
    {
        var chunks = Cut(AFile(format, Seeded()));
        Assert.That(chunks.SkipLast(1).Select(c => c.Length), Is.All.InRange(Limits.Reuse.ContentChunkBytesMin, Limits.Reuse.ContentChunkBytesMax));
        Assert.That(chunks[^1].Length, Is.LessThanOrEqualTo(Limits.Reuse.ContentChunkBytesMax));
    }

    [Test]
    public void Bytes_that_never_invite_a_cut_are_cut_at_the_maximum()
    {
        var file = new byte[3 << 20];
        Assert.That(Cut(file).Select(c => c.Length), Is.All.EqualTo(Limits.Reuse.ContentChunkBytesMax));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(80), (uint)((file.Length - 84) / 50));
        Assert.That(RuleOf(file).RecordBytes, Is.EqualTo(50));
        Assert.That(Cut(file).SkipLast(1).Select(c => c.Length), Is.All.EqualTo(RuleOf(file).BytesMax));
    }

    /// <summary>Inserted, removed or changed in the middle: all but the chunks next to it are found again.</summary>
    [TestCase("stl", 3), TestCase("stl", -3), TestCase("stl", 0), TestCase("obj", 3), TestCase("obj", -3), TestCase("obj", 0)]
    public void An_edit_in_the_middle_changes_few_chunks(string format, int records)
    {
        var random = Seeded();
        var changed = 0;
        const int Rounds = 10;
        for (var round = 0; round < Rounds; round++)
        {
            var file = AFile(format, random);
            var rule = RuleOf(file);
            var middle = rule.HeadBytes + file.Length / 2 / rule.RecordBytes * rule.RecordBytes;
            var inserted = new byte[Math.Max(1, Math.Abs(records)) * rule.RecordBytes];
            random.NextBytes(inserted);
            // A change that is one.
            for (var i = 0; i < inserted.Length && records == 0; i++)
                inserted[i] = (byte)~file[middle + i];
            byte[] edited = records switch
            {
                > 0 => [.. file[..middle], .. inserted, .. file[middle..]],
                < 0 => [.. file[..middle], .. file[(middle + inserted.Length)..]],
                _ => [.. file[..middle], .. inserted, .. file[(middle + inserted.Length)..]],
            };
            if (format == "stl")
                BinaryPrimitives.WriteUInt32LittleEndian(edited.AsSpan(80), (uint)((edited.Length - 84) / 50));
            var known = Cut(file).Select(SHA256.HashData).Select(Convert.ToHexString).ToHashSet();
            changed += Cut(edited).Count(chunk => !known.Contains(Convert.ToHexString(SHA256.HashData(chunk))));
        }
        TestContext.Out.WriteLine($"{changed / (double)Rounds} chunks changed of {Cut(AFile(format, random)).Count}");
        Assert.That(changed, Is.InRange(Rounds, 3 * Rounds), "one to three chunks an edit");
    }

    [Test]
    public void Only_a_file_whose_count_agrees_with_its_length_is_cut_between_triangles()
    {
        var file = Stl(30_000, Seeded());
        Assert.That(RuleOf(file).RecordBytes, Is.EqualTo(50));
        Assert.That(RuleOf([.. file, .. new byte[49]]).RecordBytes, Is.EqualTo(50), "a padded file");
        Assert.That(RuleOf([.. file, .. new byte[50]]).RecordBytes, Is.EqualTo(1));
        Assert.That(RuleOf(file[..^1]).RecordBytes, Is.EqualTo(1));
    }

    [Test]
    public void The_largest_file_in_the_shortest_chunks_stays_within_the_list()
    {
        Assert.That(Limits.Mesh.FileBytesMax / Limits.Reuse.ContentChunkBytesMin + 2, Is.LessThanOrEqualTo(Limits.Reuse.ContentChunksMax));
        // 32 bytes of hash, a length, their tags; in one message with room to spare.
        Assert.That(Limits.Reuse.ContentChunksMax * 48, Is.LessThan(Limits.Wire.MessageBytesMax));
    }

    [Test]
    public void Triangles_are_cut_within_their_capacity()
    {
        var file = Stl(60_000, Seeded());
        var chunks = Cut(file[84..], asked: CutRule.ForTriangles(2048));
        Assert.That(chunks.SkipLast(1).Select(c => c.Length / 50), Is.All.InRange(1280, 2048));
        Assert.That(chunks.Average(c => c.Length / 50), Is.InRange(1380, 1680));
    }
}
