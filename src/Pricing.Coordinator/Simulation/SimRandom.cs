namespace Pricing.Coordinator.Simulation;

/// <summary>splitmix64 (Steele, Lea, Flood 2014): a seed gives the same numbers on every machine and runtime.</summary>
sealed class SimRandom(ulong seed)
{
    ulong _state = seed * 0x9E37_79B9_7F4A_7C15UL + 0x1234_5678_9ABC_DEF1UL;

    public ulong Next()
    {
        var z = _state += 0x9E37_79B9_7F4A_7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>From least to most, both included.</summary>
    public int Between(int least, int most) => least + (int)(Next() % (ulong)(most - least + 1));

    public bool Chance(double share) => (Next() >> 11) * (1.0 / (1UL << 53)) < share;

    public Guid Guid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, Next());
        BitConverter.TryWriteBytes(bytes[8..], Next());
        return new Guid(bytes);
    }
}
