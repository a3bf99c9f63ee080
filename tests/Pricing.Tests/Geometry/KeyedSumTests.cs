using NUnit.Framework;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry;

sealed class KeyedSumTests
{
    const int BytesMax = 25_600;

    static KeyedSum Made(Random random)
    {
        var key = new byte[BytesMax + 64];
        random.NextBytes(key);
        return new(BytesMax, key);
    }

    static Random Seeded()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        return new Random(seed);
    }

    [Test]
    public void The_hash_is_that_of_the_plain_twin()
    {
        var random = Seeded();
        var hash = Made(random);
        int[] lengths = [.. Enumerable.Range(0, 200), BytesMax - 1, BytesMax];
        foreach (var length in lengths)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.That(hash.Of(bytes), Is.EqualTo(hash.ReferenceOf(bytes)), $"{length} bytes");
            Array.Fill(bytes, (byte)0xFF);
            Assert.That(hash.Of(bytes), Is.EqualTo(hash.ReferenceOf(bytes)), $"{length} bytes of ones");
        }
    }

    [Test]
    public void Every_bit_the_order_and_the_length_count()
    {
        var random = Seeded();
        var hash = Made(random);
        var bytes = new byte[150];
        random.NextBytes(bytes);
        HashSet<UInt128> seen = [hash.Of(bytes)];
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.That(seen.Add(hash.Of(bytes)), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }
        Assert.That(seen.Add(hash.Of([.. bytes[50..100], .. bytes[..50], .. bytes[100..]])), "two records changed places");
        Assert.That(seen.Add(hash.Of([.. bytes, 0])), "a zero more");
        Assert.That(seen.Add(hash.Of([])));
        Assert.That(seen.Add(hash.Of([0])));
    }

    [Test]
    public void Another_key_another_hash_and_nobody_is_told_the_key_of_a_process()
    {
        var (one, other) = (new KeyedSum(BytesMax), new KeyedSum(BytesMax));
        Assert.That(one.Of(new byte[50]), Is.Not.EqualTo(other.Of(new byte[50])));
    }

    [Test]
    public void A_message_longer_than_the_key_is_misuse()
        => Assert.That(() => Made(new Random(1)).Of(new byte[BytesMax + 1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
