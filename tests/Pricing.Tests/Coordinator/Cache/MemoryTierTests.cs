using System.Buffers.Binary;
using NUnit.Framework;
using Pricing.Coordinator.Cache;

namespace Pricing.Tests.Coordinator.Cache;

[TestFixture]
public sealed class MemoryTierTests
{
    const int ValueBytes = 1000;
    static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Keep = TimeSpan.FromSeconds(100);

    readonly ManualTime _time = new();

    [Test]
    public void A_value_ends_with_its_time_and_never_later()
    {
        var memory = Memory(100);
        for (var i = 0; i < 100; i++)
            memory.Set(Key(i), $"{i}", ValueBytes, Fresh, Keep);
        _time.Advance(Keep * (1 - Limits.Cache.JitterPercent / 100.0) - TimeSpan.FromMilliseconds(1));
        Assert.That(Enumerable.Range(0, 100).Count(i => Has(memory, i)), Is.EqualTo(100));
        _time.Advance(Keep * (Limits.Cache.JitterPercent / 200.0));
        Assert.That(Enumerable.Range(0, 100).Count(i => Has(memory, i)), Is.InRange(10, 90), "values kept together do not end together");
        _time.Advance(Keep * (Limits.Cache.JitterPercent / 200.0) + TimeSpan.FromMilliseconds(1));
        Assert.That(Enumerable.Range(0, 100).Count(i => Has(memory, i)), Is.Zero);
    }

    [Test]
    public void It_never_holds_more_bytes_than_it_may()
    {
        var memory = Memory(50);
        for (var i = 0; i < 1000; i++)
        {
            memory.Set(Key(i), $"{i}", ValueBytes, Fresh, Keep);
            Assert.That(memory.Bytes, Is.LessThanOrEqualTo(50 * (ValueBytes + Limits.Cache.EntryBytes)));
        }
        Assert.That(memory.Count, Is.EqualTo(50));
        Assert.That(memory.Evictions, Is.EqualTo(950));
    }

    [Test]
    public void What_is_used_outlives_what_is_not()
    {
        var memory = Memory(50);
        for (var i = 0; i < 500; i++)
        {
            memory.Set(Key(i), $"{i}", ValueBytes, Fresh, Keep);
            Assert.That(Has(memory, 0), Is.True, $"after {i} others");
        }
        Assert.That(Has(memory, 1), Is.False);
    }

    [Test]
    public void A_replaced_value_takes_its_bytes_along()
    {
        var memory = Memory(50);
        for (var i = 0; i < 1000; i++)
            memory.Set(Key(i % 3), $"{i}", ValueBytes, Fresh, Keep);
        Assert.That((memory.Count, memory.Bytes, memory.Evictions), Is.EqualTo((3, 3L * (ValueBytes + Limits.Cache.EntryBytes), 0L)));
        Assert.That(memory.TryGet<string>(Key(0), out _), Is.EqualTo("999"));
        memory.Remove(Key(0));
        Assert.That((memory.Count, Has(memory, 0)), Is.EqualTo((2, false)));
    }

    [Test]
    public void A_value_too_large_for_its_shard_is_not_kept_and_costs_nobody_his_place()
    {
        var memory = Memory(10);
        memory.Set(Key(1), "small", ValueBytes, Fresh, Keep);
        memory.Set(Key(2), "large", 11 * (ValueBytes + Limits.Cache.EntryBytes), Fresh, Keep);
        Assert.That((Has(memory, 1), Has(memory, 2)), Is.EqualTo((true, false)));
    }

    [Test]
    public void One_caller_is_told_that_a_value_is_due_and_another_one_later_when_nothing_came_of_it()
    {
        var memory = Memory(10);
        memory.Set(Key(1), "value", ValueBytes, Fresh, Keep);
        Assert.That(IsDue(), Is.False);
        _time.Advance(Fresh);
        Assert.That(Enumerable.Range(0, 10).Count(_ => IsDue()), Is.EqualTo(1));
        _time.Advance(TimeSpan.FromMilliseconds(Limits.Cache.RefreshMs));
        Assert.That(Enumerable.Range(0, 10).Count(_ => IsDue()), Is.EqualTo(1));

        bool IsDue()
        {
            Assert.That(memory.TryGet<string>(Key(1), out var isDue), Is.EqualTo("value"));
            return isDue;
        }
    }

    [Test]
    public void Readers_and_writers_at_once_keep_the_books_straight()
    {
        var memory = new MemoryTier(_time, 64 * 1024, 4);
        Parallel.For(0, 8, writer =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                memory.Set(Key(i * 7 % 300), $"{writer}", i % ValueBytes, Fresh, Keep);
                _ = memory.TryGet<string>(Key(i % 300), out _);
                if (i % 5 == 0)
                    memory.Remove(Key(i % 300));
            }
        });
        Assert.That(memory.Bytes, Is.InRange(0, 64 * 1024));
        for (var i = 0; i < 300; i++)
            memory.Remove(Key(i));
        Assert.That((memory.Bytes, memory.Count), Is.EqualTo((0L, 0)));
    }

    /// <summary>Room for that many values, in one shard.</summary>
    MemoryTier Memory(int values) => new(_time, values * (ValueBytes + Limits.Cache.EntryBytes), 1);

    static bool Has(MemoryTier memory, int i) => memory.TryGet<string>(Key(i), out _) is not null;

    /// <summary>Spread like a hash, the same in every run.</summary>
    static CacheKey Key(int i)
    {
        Span<byte> seed = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(seed, i);
        return new CacheKey(System.Security.Cryptography.SHA256.HashData(seed));
    }
}
