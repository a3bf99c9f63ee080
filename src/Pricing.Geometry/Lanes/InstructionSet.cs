using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Lanes;

/// <summary>The vector width the kernels run at. It never changes a bit of an answer, only the time it takes.</summary>
public enum InstructionSet
{
    Portable,
    Avx2,
    Avx512,
}

/// <summary>Chooses once per process: the widest the CPU has, or what <c>PRICING_ISA</c> (avx512, avx2, portable) names.</summary>
public static class InstructionSets
{
    /// <summary>Environment variable that forces a path, for tests and for comparing nodes.</summary>
    public const string Variable = "PRICING_ISA";

    /// <summary>The path of this process. A forced path the CPU lacks falls back to the widest it has.</summary>
    public static InstructionSet Current { get; } = Choose(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Whether this CPU can run the path.</summary>
    /// <remarks>Gated on Avx512F itself: <c>Vector512.IsHardwareAccelerated</c> is false on CPUs that throttle at 512 bits although the
    /// instructions work and pay off here.</remarks>
    public static bool IsSupported(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => Avx512F.IsSupported && Avx512DQ.IsSupported,
        InstructionSet.Avx2 => Avx2.IsSupported && Vector256.IsHardwareAccelerated,
        _ => true,
    };

    /// <summary>The name used in logs and in the node's hello: avx512, avx2, portable.</summary>
    public static string Name(this InstructionSet set) => set switch
    {
        InstructionSet.Avx512 => "avx512",
        InstructionSet.Avx2 => "avx2",
        _ => "portable",
    };

    internal static InstructionSet Choose(string? forced)
    {
        InstructionSet[] widestFirst = [InstructionSet.Avx512, InstructionSet.Avx2, InstructionSet.Portable];
        foreach (var set in widestFirst)
            if (IsSupported(set) && (string.IsNullOrEmpty(forced) || string.Equals(forced, set.Name(), StringComparison.OrdinalIgnoreCase)))
                return set;
        return string.IsNullOrEmpty(forced) ? InstructionSet.Portable : Choose(null);
    }
}
