namespace Pricing.Coordinator.Cache;

/// <summary>One kind of value: how long it is kept and believed, what it weighs, and how it travels to Redis.</summary>
/// <param name="Code">One letter, part of the Redis key and of the frame.</param>
/// <param name="Fresh">Younger than this it is answered as it is; older, it is answered and loaded anew in the background.</param>
/// <param name="Keep">Older than this it is gone.</param>
/// <param name="KeepShared">The same in Redis.</param>
/// <param name="Weigh">Bytes it takes in memory, about.</param>
/// <param name="Encode">Null: this kind stays in the process, where only the database vouches for it.</param>
/// <param name="Decode">Null for bytes that are not such a value.</param>
public sealed record CacheKind<T>(
    char Code, TimeSpan Fresh, TimeSpan Keep, TimeSpan KeepShared, Func<T, long> Weigh,
    Func<T, byte[]>? Encode = null, Func<ReadOnlyMemory<byte>, T?>? Decode = null) where T : class;
