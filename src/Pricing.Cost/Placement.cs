namespace Pricing.Cost;

/// <summary>How the part stands in the machine: extents along the machine's axes. Turned = it fits only when turned by right angles, and is
/// priced so. Orientations are tried in a fixed order, the way it lies first.</summary>
sealed record Placement(Figure XMm, Figure YMm, Figure ZMm, bool Turned, bool Fits)
{
    // As it lies first, then the turn about z, which keeps the layers as they are, then the ones that stand it on another side.
    static readonly int[][] Orders = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 0, 1], [1, 2, 0], [2, 1, 0]];

    /// <summary>Layers change when the part is stood on another side; a turn about z leaves them alone.</summary>
    public bool LayersChanged { get; private init; }

    public static Placement Find(PartFacts part, BuildVolume volume)
    {
        var size = part.SizeMm;
        foreach (var order in Orders)
        {
            if (size[order[0]] > volume.XMm.Value || size[order[1]] > volume.YMm.Value || size[order[2]] > volume.ZMm.Value)
                continue;
            return order == Orders[0]
                ? new Placement(size[0], size[1], size[2], Turned: false, Fits: true)
                : new Placement(Turn(size[order[0]], 'x'), Turn(size[order[1]], 'y'), Turn(size[order[2]], 'z'), Turned: true, Fits: true)
                {
                    LayersChanged = order[2] != 2,
                };
        }

        return new Placement(size[0], size[1], size[2], Turned: false, Fits: false);
    }

    static Figure Turn(Figure size, char axis) => new($"size_{axis}_mm", size, size.Unit, $"{size.Source}, turned to {axis}");
}
