using NUnit.Framework;
using Pricing.Coordinator.Cache;

namespace Pricing.Tests.Coordinator.Cache;

[TestFixture]
public sealed class CacheFrameTests
{
    static readonly CacheKey Key = new(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
    static readonly byte[] Payload = [7, 0, 255, 3];

    readonly byte[] _frame = CacheFrame.Encode('p', 3, Key, Payload);

    [Test]
    public void What_was_kept_is_read_back()
    {
        Assert.That(CacheFrame.Decode('p', 3, Key, _frame)!.Value.ToArray(), Is.EqualTo(Payload));
        Assert.That(CacheFrame.Decode('p', 3, Key, CacheFrame.Encode('p', 3, Key, []))!.Value.Length, Is.Zero);
    }

    [Test]
    public void Any_flipped_bit_makes_it_no_value()
    {
        for (var bit = 0; bit < _frame.Length * 8; bit++)
        {
            var bytes = (byte[])_frame.Clone();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(CacheFrame.Decode('p', 3, Key, bytes), Is.Null, $"bit {bit}");
        }
    }

    [Test]
    public void Any_other_length_makes_it_no_value()
    {
        for (var length = 0; length < _frame.Length; length++)
            Assert.That(CacheFrame.Decode('p', 3, Key, _frame[..length]), Is.Null, $"{length} bytes");
        Assert.That(CacheFrame.Decode('p', 3, Key, [.. _frame, 0]), Is.Null);
    }

    [Test]
    public void A_value_of_another_kind_engine_or_key_is_no_value()
    {
        var other = new CacheKey(new byte[32]);
        Assert.That(CacheFrame.Decode('m', 3, Key, _frame), Is.Null);
        Assert.That(CacheFrame.Decode('p', 4, Key, _frame), Is.Null);
        Assert.That(CacheFrame.Decode('p', 3, other, _frame), Is.Null);
    }
}
